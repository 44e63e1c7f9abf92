{#- CTEs that create `performance`, one row per key, dimension and name, from the returns of its days: after a CTE with
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

{#- CTEs that create `performance`: the figures with the 95 % range of their annualised return, and its confidence. Growth
    is treated as log-normal with independent days: the standard error of a year's log growth is the yearly volatility over
    the root of the number of years. -#}
{% macro confidence_of_returns(figures, keys) %}
{%- set largest_exponent = 700 -%}  {#- that a double can represent -#}
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

{#- Join of the macro regimes as known on a day. The last row applies to the days after it, as long as the requested
    column is not too old. Needs the CTE regimes, and last_regime joined before. -#}
{% macro join_regime_of(day, known_on, alias) -%}
left join regimes as {{ alias }}
        on {{ alias }}.date_day = least({{ day }}, last_regime.date_day)
        and {{ day }} <= {{ alias }}.{{ known_on }} + {{ var('macro_known_for_days') }}
{%- endmacro %}
