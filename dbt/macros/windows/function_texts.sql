{#- The CTE time_windows for the requested days, cut to the portfolio's. Null means no bound. -#}
{% macro window_of_days() -%}
time_windows as not materialized (

    select
        portfolios.user_id,
        portfolios.first_trade_date,
        'custom'::text as time_window,
        greatest(first_day, portfolios.first_trade_date) as from_date,
        least(last_day, portfolios.as_of_date) as as_of_date
    from portfolios
    where portfolios.user_id = of_user
        and greatest(first_day, portfolios.first_trade_date) <= least(last_day, portfolios.as_of_date)

)
{%- endmacro %}

{% macro performance_between() %}
with {{ window_sources(["portfolios", "days", "regimes", "compared"]) }},

{{ window_of_days() }},

{{ window_returns() }},

{{ window_statistics() }},

{{ window_performance() }}

select {{ model.columns.keys() | join(", ") }} from performance
{% endmacro %}

{% macro returns_between() %}
with {{ window_lines() }}

select
    return_date,
    time_weighted_return,
    benchmark_return,
    real_return,
    real_benchmark_return,
    excess_return,
    excess_benchmark_return,
    drawdown
from lines
order by return_date
{% endmacro %}

{#- A day at a peak starts a span, and its drawdown lasts until the next peak. After a day of unknown depth
    there are no rows. -#}
{% macro drawdowns_between() %}
with {{ window_lines() }},

depths as (

    select
        return_date,
        drawdown,
        count(*) filter (where drawdown is null) over so_far as unknown_days,
        count(*) filter (where drawdown = 0) over so_far as stretch
    from lines
    window so_far as (order by return_date rows unbounded preceding)

),

falls as (

    select
        min(return_date) as peak_on,
        (array_agg(return_date order by drawdown, return_date))[1] as lowest_on,
        lead(min(return_date)) over (order by stretch) as recovered_on,
        min(drawdown) as depth
    from depths
    where unknown_days = 0
    group by stretch

)

select peak_on, lowest_on, recovered_on, depth
from falls
where depth < 0
order by depth, peak_on
{% endmacro %}

{% macro calendar_returns_between() %}
with {{ window_sources(["portfolios", "days"]) }},

{{ window_of_days() }},

months as (

    {{ calendar_periods("month") }}

),

years as (

    {{ calendar_periods("year") }}

)

select 'month', months.first_day, months.period_return from months
union all
select 'year', years.first_day, years.period_return from years
order by 1, 2
{% endmacro %}

{#- Over the trading days of the whole history, each looking back on as many returns as the portfolio has in that many
    days of an exchange open 252 days a year: at least two, or there is no spread. -#}
{% macro rolling_statistics() %}
with {{ window_sources(["portfolios", "days", "compared"]) }},

returns as materialized (

    select
        return_date,
        daily_return,
        daily_return - risk_free_return as excess_return
    from compared
    where user_id = of_user

),

held as (

    select count(*) as days
    from days
    inner join portfolios
        on days.user_id = portfolios.user_id
    where days.user_id = of_user
        and days.market_value is distinct from 0
        and days.as_of_date < portfolios.as_of_date

),

counted as (

    select
        count(daily_return) as trading_days,
        coalesce(bool_or({{ is_weekend("return_date") }}) filter (where daily_return is not null), false)
            as has_weekends
    from returns

),

yearly as materialized (

    select coalesce({{ periods_a_year("counted.trading_days", "held.days", "counted.has_weekends") }}, 252) as periods
    from counted
    cross join held

),

looking_back as (

    select
        return_date,
        count(daily_return) over latest as known_returns,
        stddev_samp(daily_return) over latest as deviation,
        avg(excess_return) over latest as mean_excess,
        stddev_samp(excess_return) over latest as deviation_excess
    from returns
    window latest as (
        order by return_date
        rows between
        (select greatest(2, round(exchange_days * yearly.periods / 252.0::double precision)) - 1 from yearly)::bigint preceding
        and current row
    )

)

select
    looking_back.return_date,
    case when looking_back.known_returns = lengths.returns then looking_back.deviation * sqrt(yearly.periods) end,
    case
        when looking_back.known_returns = lengths.returns
            then looking_back.mean_excess / nullif(looking_back.deviation_excess, 0) * sqrt(yearly.periods)
    end
from looking_back
cross join yearly
cross join lateral (
    select greatest(2, round(exchange_days * yearly.periods / 252.0::double precision)) as returns
) as lengths
order by looking_back.return_date
{% endmacro %}
