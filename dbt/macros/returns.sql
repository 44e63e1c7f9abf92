{#- Return of one day, revalued at every trade (docs/metrics.md, time-weighted return). The caller's columns:
    value_before (at the last close), value_at_first (the earlier holding at the prices of the day's first side:
    purchases, unless all sales came before them), value_at_second (the holding after that side, at the prices of the
    other side), market_value (at the close), inflow, outflow, income, sale_fees and the parts of them that came first
    (first_inflow, first_outflow, first_sale_fees), has_trades, has_round_trip (an asset was both bought and sold),
    sells_first (for one of them all sales came first), stands_at_cost (for lack of a price or rate, now or at the last
    close: the return is unknown). Fees beyond all value lose no more than it. Without value at the close the return
    ends with the sales. Income is on the holding at the last close, whatever was traded since, so it is measured by
    that value alone. -#}
{% macro day_return() %}
    case
        when stands_at_cost or market_value is null or value_before is null or inflow is null or outflow is null
            or income is null or value_before < 0
            then null
        else greatest(-1, {{ known_day_return() }})
    end
{% endmacro %}

{% macro known_day_return() %}
    case
        when value_before = 0
            then coalesce((market_value + outflow + income)::double precision / nullif(inflow, 0)::double precision - 1, 0)
        when inflow = 0 and outflow = 0 and not has_trades
            then (market_value + income)::double precision / value_before::double precision - 1
        when sells_first
            then {{ day_return_with_sales_first() }}
        when value_at_first - sale_fees <= 0
            or value_at_second - sale_fees <= 0
            or (market_value > 0 and value_at_second - sale_fees - outflow <= {{ var('flat_below_units') }} * value_at_second)
            then {{ unmarked_day_return() }}
        when has_round_trip
            then value_at_first::double precision / value_before::double precision
                * {{ growth_to_close("value_at_second - sale_fees", "value_at_first + inflow", "value_at_second - sale_fees - outflow") }}
                + income::double precision / value_before::double precision - 1
        when market_value = 0
            then (value_at_first - sale_fees + income)::double precision / value_before::double precision - 1
        else
            (value_at_first - sale_fees)::double precision / value_before::double precision
            * market_value::double precision / (value_at_first - sale_fees + inflow - outflow)::double precision
            + income::double precision / value_before::double precision - 1
    end
{% endmacro %}

{#- The same if sales of an asset came before its purchases: nothing may be held between them. -#}
{% macro day_return_with_sales_first() %}
    {%- set after_first = "(value_at_first - first_sale_fees + first_inflow - first_outflow)" -%}
    {%- set second = "(value_at_second - (sale_fees - first_sale_fees))" -%}
    {%- set after_second = "(" ~ second ~ " + (inflow - first_inflow) - (outflow - first_outflow))" -%}
    case
        when value_at_first - first_sale_fees <= 0 or (value_at_second = 0 and inflow <= first_inflow)
            then {{ unmarked_day_return() }}
        when value_at_second = 0
            then (value_at_first - first_sale_fees)::double precision / value_before::double precision
                * market_value::double precision / (inflow - first_inflow)::double precision
                + income::double precision / value_before::double precision - 1
        when {{ after_first }} <= 0 or {{ second }} <= 0
            or (market_value > 0 and {{ after_second }} <= {{ var('flat_below_units') }} * value_at_second)
            then {{ unmarked_day_return() }}
        else
            (value_at_first - first_sale_fees)::double precision / value_before::double precision
            * {{ growth_to_close(second, after_first, after_second) }}
            + income::double precision / value_before::double precision - 1
    end
{% endmacro %}

{#- If a trade's price can't value the holding, money moves at the start and end of the day. -#}
{% macro unmarked_day_return() -%}
    (market_value + outflow + income)::double precision / (value_before + inflow)::double precision - 1
{%- endmacro %}

{#- Growth from the end of a day's first side to the close, through the other one. -#}
{% macro growth_to_close(value_at_second, value_after_first, value_after_second) %}
    case
        when market_value = 0
            then ({{ value_at_second }})::double precision / ({{ value_after_first }})::double precision
        else
            ({{ value_at_second }})::double precision / ({{ value_after_first }})::double precision
            * market_value::double precision / ({{ value_after_second }})::double precision
    end
{% endmacro %}

{#- Annualised return, from growth over the calendar days with a holding; null for fewer days than required. A single
    purchase at a mistyped price exceeds a double and would stop every user's run: null beyond 1e75, a total loss below
    1e-75. -#}
{% macro annualised(growth, days, fewest_days=var("fewest_days_annualised")) -%}
    {%- set years = "(" ~ days ~ " / 365.25)" -%}
    {%- set logarithm_a_year = "ln(nullif(" ~ growth ~ ", 0)) / " ~ years -%}
    case
        when coalesce({{ days }}, 0) < {{ fewest_days }} then null
        when {{ growth }} = 0 or {{ logarithm_a_year }} <= -{{ largest_logarithm() }} then -1
        when {{ logarithm_a_year }} < {{ largest_logarithm() }} then {{ growth }} ^ (1 / {{ years }})::double precision - 1
    end
{%- endmacro %}

{#- How many returns make a year: whichever of months, weeks, exchange days and calendar days is nearest to the count.
    From a few weekdays the count would look like that of a coin, but without a return at a weekend nothing trades every
    day. -#}
{% macro periods_a_year(trading_days, days, has_weekends) -%}
    case
        when {{ trading_days }} / nullif({{ days }} / 365.25, 0) < (12 + 52) / 2.0 then 12
        when {{ trading_days }} / nullif({{ days }} / 365.25, 0) < (52 + 252) / 2.0 then 52
        when {{ trading_days }} / nullif({{ days }} / 365.25, 0) < (252 + 365) / 2.0 or not {{ has_weekends }} then 252
        when {{ days }} > 0 then 365
    end
{%- endmacro %}

{#- Whether a day is a Saturday or a Sunday. -#}
{% macro is_weekend(day) %}extract(isodow from {{ day }}) > 5{% endmacro %}

{#- A day's return, or null from the day on which compounding it would exceed a double. -#}
{% macro within_double(day_return, over) -%}
    case
        when greatest(
            abs(coalesce({{ logarithm(day_return) }}, 0)),
            abs(coalesce(sum({{ logarithm(day_return) }}) over {{ over }}, 0))
        ) < {{ largest_logarithm() }}
            then {{ day_return }}
    end
{%- endmacro %}

{% macro logarithm(day_return) %}ln(nullif(abs(1 + {{ day_return }}), 0)){% endmacro %}

{#- 1e75: its square, needed for a variance, and the product of two such are still far from 1e308. -#}
{% macro largest_logarithm() %}172{% endmacro %}
