{#- CTEs of what windows are made from, by their names. Each is joined by user_id, so that one user's figures read one user's
    rows. -#}
{% macro window_sources(names) %}
{%- set relations = {
    "portfolios": ref("int_published_portfolios"),
    "days": ref("gold_p_timeseries"),
    "compared": ref("gold_benchmark_returns"),
    "regimes": ref("fct_macro_regimes"),
    "held_positions": ref("int_published_positions"),
    "price_ranges": ref("int_price_ranges"),
    "fx_ranges": ref("int_fx_ranges"),
} -%}
{%- for name in names -%}
{{ name }} as not materialized (

    select * from {{ relations[name] }}

){{ ",\n\n" if not loop.last }}
{%- endfor -%}
{%- if "regimes" in names %},

last_regime as not materialized (

    select max(date_day) as date_day from regimes

)
{%- endif -%}
{% endmacro %}
