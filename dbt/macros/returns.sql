{#- Return of one day, revalued at every trade (docs/metrics.md, time-weighted return). The caller's columns:
    value_before (at the last close), value_at_first (what was held before, at the prices of the day's first side: purchases,
    unless all sales came before them), value_at_second (what was held after those, at the prices of the other side),
    market_value (at the close), inflow, outflow, income, sale_fees and what of them came first (first_inflow, first_outflow,
    first_sale_fees), has_trades, has_round_trip (one asset both bought and sold), sells_first (in one of them all sales came
    first), stands_at_cost (for want of a price or rate, now or at the last close: what it returned is not known). Fees beyond all
    value lose no more than it. Without value at the close the return ends with the sales. Income is of what was held at the
    last close, whatever is traded since: it is measured by that value, and by nothing that the day's trades leave. -#}
{% macro day_return() %}
    case
        when stands_at_cost or market_value is null or value_before is null or inflow is null or outflow is null
            or income is null
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

{#- The same where sales of an asset came before its purchases: nothing may be held between them. -#}
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

{#- Where a trade's price cannot mark what is held, money moves at the day's ends. -#}
{% macro unmarked_day_return() -%}
    (market_value + outflow + income)::double precision / (value_before + inflow)::double precision - 1
{%- endmacro %}

{#- Growth from after a day's first side to the close, through the other one. -#}
{% macro growth_to_close(value_at_second, value_after_first, value_after_second) %}
    case
        when market_value = 0
            then ({{ value_at_second }})::double precision / ({{ value_after_first }})::double precision
        else
            ({{ value_at_second }})::double precision / ({{ value_after_first }})::double precision
            * market_value::double precision / ({{ value_after_second }})::double precision
    end
{% endmacro %}

{#- A return a year, from growth over so many calendar days on which something was held; null for fewer than asked for.
    One purchase at a mistyped price leaves what a double holds and would stop every user's run: null beyond 1e75, a total
    loss below 1e-75. -#}
{% macro annualised(growth, days, fewest_days=var("fewest_days_annualised")) -%}
    {%- set years = "(" ~ days ~ " / 365.25)" -%}
    {%- set logarithm_a_year = "ln(nullif(" ~ growth ~ ", 0)) / " ~ years -%}
    case
        when coalesce({{ days }}, 0) < {{ fewest_days }} then null
        when {{ growth }} = 0 or {{ logarithm_a_year }} <= -{{ largest_logarithm() }} then -1
        when {{ logarithm_a_year }} < {{ largest_logarithm() }} then {{ growth }} ^ (1 / {{ years }})::double precision - 1
    end
{%- endmacro %}

{#- How many returns make a year: of months, weeks, exchange days and calendar days the nearest to what was counted. Of a
    few days from Monday to Friday the count is that of a coin: without a return at a weekend nothing trades every day. -#}
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

{#- A day's return, or null from the day on which compounding it would leave what a double holds. -#}
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

{#- 1e75: its square, which a variance needs, and the product of two such are still far from 1e308. -#}
{% macro largest_logarithm() %}172{% endmacro %}

{#- CTEs that make `performance`, one row per key, dimension and name, of the returns of its days: after a CTE with
    the key's columns, as_of_date, is_trading_day, daily_return (null on other days), dimension and name. -#}
{% macro returns_by_regime(labelled, keys) %}
bounded as (

    select
        {{ keys }},
        dimension,
        name,
        as_of_date,
        is_trading_day,
        {{ within_double("daily_return", "so_far") }} as daily_return
    from {{ labelled }}
    window so_far as (partition by {{ keys }}, dimension, name order by as_of_date rows unbounded preceding)

),

compounded_by_regime as (

    select
        *,
        {{ product("1 + daily_return") }} over so_far as growth
    from bounded
    window so_far as (partition by {{ keys }}, dimension, name order by as_of_date rows unbounded preceding)

),

drawdowns as (

    select
        *,
        growth / greatest(1, max(growth) over so_far) - 1 as drawdown
    from compounded_by_regime
    window so_far as (partition by {{ keys }}, dimension, name order by as_of_date rows unbounded preceding)

),

summed as (

    select
        {{ keys }},
        dimension,
        name,
        count(*) as days,
        count(daily_return) as trading_days,
        count(daily_return) > 0 and bool_and(daily_return is not null or not is_trading_day) as returns_are_known,
        {{ product("1 + daily_return") }} as growth,
        stddev_samp(daily_return) as deviation,
        coalesce(bool_or({{ is_weekend("as_of_date") }}) filter (where daily_return is not null), false) as has_weekends,
        min(drawdown) as max_drawdown,
        avg((daily_return > 0)::integer::double precision) as hit_rate
    from drawdowns
    group by {{ keys }}, dimension, name

),

counted as (

    select
        *,
        {{ periods_a_year("trading_days", "days", "has_weekends") }} as periods_a_year
    from summed

),

figures as (

    select
        {{ keys }},
        dimension::text as dimension,
        name::text as name,
        days::integer as days,
        trading_days::integer as trading_days,
        case when returns_are_known then growth - 1 end as total_return,
        case
            when returns_are_known then {{ annualised("growth", "days", var("fewest_days_in_a_regime")) }}
        end as annualised_return,
        case when returns_are_known then deviation * sqrt(periods_a_year) end as volatility,
        case when returns_are_known then max_drawdown end as max_drawdown,
        case when returns_are_known then hit_rate end as hit_rate,
        periods_a_year::integer as periods_a_year
    from counted

),

{{ confidence_of_returns("figures", keys) }}
{% endmacro %}

{#- CTEs that make `performance`: the figures with the 95 % range of their annualised return, and what may be said of it. Growth
    is taken as log-normal with independent days: the standard error of a year's log growth is the volatility a year over
    the root of the years. -#}
{% macro confidence_of_returns(figures, keys) %}
{%- set largest_exponent = 700 -%}  {#- of what a double holds -#}
errors as (

    select
        *,
        case
            when trading_days >= {{ var('fewest_returns_in_a_range') }} and annualised_return > -1
                then ln(1 + annualised_return)
        end as log_growth,
        {{ var('standard_errors') }} * volatility / sqrt(nullif(days, 0) / 365.25)::double precision as spread
    from {{ figures }}

),

ranges as (

    select
        *,
        case
            when log_growth - spread is not null
                then exp(greatest(log_growth - spread, -{{ largest_exponent }})) - 1
        end as low,
        case
            when log_growth + spread is not null
                then exp(least(log_growth + spread, {{ largest_exponent }})) - 1
        end as high
    from errors

),

performance as (

    select
        {{ keys }},
        dimension,
        name,
        days,
        trading_days,
        total_return,
        annualised_return,
        low as annualised_return_low,
        high as annualised_return_high,
        case
            when low is null then 'few days'
            when low <= 0 and high >= 0 then 'may be chance'
            else 'clear of zero'
        end as confidence,
        volatility,
        max_drawdown,
        hit_rate,
        periods_a_year
    from ranges

)
{% endmacro %}

{#- Returns of the calendar's ISO weeks or months, of the trading days in the window; null where one of them is unknown.
    The caller has CTEs time_windows and days. -#}
{% macro calendar_periods(period) -%}
select
        days.user_id,
        time_windows.time_window,
        date_trunc('{{ period }}', days.as_of_date)::date as first_day,
        case when count(*) = count(days.daily_return) then {{ product("1 + days.daily_return") }} - 1 end as period_return
    from time_windows
    inner join days
        on time_windows.user_id = days.user_id
        and days.as_of_date between time_windows.from_date and time_windows.as_of_date
    where days.is_trading_day
    group by days.user_id, time_windows.time_window, date_trunc('{{ period }}', days.as_of_date)
{%- endmacro %}

{#- The highest and the lowest of a group, with their dates: of several the earliest. -#}
{% macro best_and_worst(value, date, period) -%}
max({{ value }}) as best_{{ period }},
        (array_agg({{ date }} order by {{ value }} desc, {{ date }}) filter (where {{ value }} is not null))[1]
            as best_{{ period }}_date,
        min({{ value }}) as worst_{{ period }},
        (array_agg({{ date }} order by {{ value }}, {{ date }}) filter (where {{ value }} is not null))[1]
            as worst_{{ period }}_date
{%- endmacro %}

{#- A sum that is unknown when one of its parts is, so that a missing exchange rate can never understate a total. -#}
{% macro whole_sum(expression, where=none, over=none) -%}
    {%- set window = " over (" ~ over ~ ")" if over else "" -%}
    case
        when count(*){{ window }} = count({{ expression }}){{ window }}
            then coalesce(sum({{ expression }}){% if where %} filter (where {{ where }}){% endif %}{{ window }}, 0)
    end
{%- endmacro %}

{#- Whether the price, or the exchange rate where one is needed, is missing or older on a day than a market holiday
    explains. Here and below, the caller's column is_in_base_currency says that no rate is needed. -#}
{% macro is_stale(day, price_date, rate_date) -%}
    {{ price_date }} is null
        or {{ day }} - {{ price_date }} > {{ var('stale_after_days') }}
        or not is_in_base_currency and ({{ rate_date }} is null or {{ day }} - {{ rate_date }} > {{ var('stale_after_days') }})
{%- endmacro %}

{#- Whether a holding stands at its cost, at the close or at the one before it, because no price or no rate was known. -#}
{% macro stands_at_cost(units, units_before, unit_price, previous_unit_price, rate, previous_rate) -%}
    ({{ units }} > 0 and ({{ unit_price }} is null or not is_in_base_currency and {{ rate }} is null))
        or (
            {{ units_before }} > 0
            and ({{ previous_unit_price }} is null or not is_in_base_currency and {{ previous_rate }} is null)
        )
{%- endmacro %}

{#- Columns that are null unless a condition holds. -#}
{% macro if_known(condition, columns) -%}
    {%- for column in columns -%}
        case when {{ condition }} then {{ column }} end as {{ column.split(".")[-1] }}{{ "," if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{#- A list of names in words, each of them once; null without any. -#}
{% macro distinct_names(names) -%}
    (select string_agg(distinct name, ', ') from string_to_table({{ names }}, ', ') as given (name))
{%- endmacro %}

{#- Value of units of a position in the base currency: at cost, where that is known, before the first known price and the
    first known rate. -#}
{% macro value_of(units, cost, unit_price, rate) -%}
    case
        when {{ units }} = 0 then 0
        when {{ unit_price }} is null then {{ cost }}
        when is_in_base_currency then {{ units }} * {{ unit_price }}
        when {{ rate }} is null then {{ cost }}
        else {{ units }} * {{ unit_price }} * {{ rate }}
    end
{%- endmacro %}
