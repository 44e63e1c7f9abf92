{#- Return of one day, revalued at every trade (docs/metrics.md, time-weighted return). The caller's columns:
    value_before (at the last close), value_at_purchases (what was held before, at the day's purchase prices),
    value_at_sales (what was held before the sales, at the day's sale prices), market_value (at the close), inflow,
    outflow, income, sale_fees, has_round_trip (one asset both bought and sold), is_flat (nothing held at the close). -#}
{% macro day_return() %}
    case
        when market_value is null or value_before is null or inflow is null or outflow is null or income is null
            then null
        when value_before = 0
            then coalesce((market_value + outflow + income)::double precision / nullif(inflow, 0)::double precision - 1, 0)
        when inflow = 0 and outflow = 0 and not has_trades
            then (market_value + income)::double precision / value_before::double precision - 1
        when value_at_purchases - sale_fees <= 0 or value_at_sales - sale_fees <= 0
            then (market_value + outflow + income)::double precision / (value_before + inflow)::double precision - 1
        when has_round_trip
            then value_at_purchases::double precision / value_before::double precision
                * {{ growth_to_close("value_at_sales - sale_fees", "value_at_purchases + inflow") }} - 1
        when is_flat
            then (value_at_purchases - sale_fees + income)::double precision / value_before::double precision - 1
        else
            (value_at_purchases - sale_fees)::double precision / value_before::double precision
            * (market_value + income)::double precision
            / (value_at_purchases - sale_fees + inflow - outflow)::double precision - 1
    end
{% endmacro %}

{#- Growth from after the purchases to the close, through the sales. -#}
{% macro growth_to_close(value_at_sales, value_after_purchases) %}
    case
        when is_flat
            then ({{ value_at_sales }} + income)::double precision / ({{ value_after_purchases }})::double precision
        else
            ({{ value_at_sales }})::double precision / ({{ value_after_purchases }})::double precision
            * (market_value + income)::double precision / ({{ value_at_sales }} - outflow)::double precision
    end
{% endmacro %}

{#- A sum that is unknown when one of its parts is, so that a missing exchange rate can never understate a total. -#}
{% macro whole_sum(expression, where=none, over=none) -%}
    {%- set window = " over (" ~ over ~ ")" if over else "" -%}
    case
        when count(*){{ window }} = count({{ expression }}){{ window }}
            then coalesce(sum({{ expression }}){% if where %} filter (where {{ where }}){% endif %}{{ window }}, 0)
    end
{%- endmacro %}

{#- Value of units in the base currency: at cost before the first known price, unknown without an exchange rate. -#}
{% macro value_of(units, cost, prices, rates, position) -%}
    case
        when {{ units }} = 0 then 0
        when {{ prices }}.unit_price is null then {{ cost }}
        when {{ position }}.currency = {{ position }}.base_currency then {{ units }} * {{ prices }}.unit_price
        else {{ units }} * {{ prices }}.unit_price * {{ rates }}.rate
    end
{%- endmacro %}
