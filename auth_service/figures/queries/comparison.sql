-- As gold_performance_windows compares: from the close before the range, or from the first trade. The benchmark moves
-- from its close on the portfolio's first trading day. Where no bill rate was known, its return is not known either.
with portfolio as (
    select
        benchmark,
        greatest(first_trade_date, %(from_date)s::date - 1) as start_date,
        least(as_of_date, %(to_date)s::date) as end_date
    from "default".int_published_portfolios
    where user_id = %(user_id)s
),

price_levels as (
    select
        series_id,
        value,
        valid_from + generate_series(0, valid_to - valid_from) as date_day
    from "default".int_macro_levels
    where indicator = 'price_level'
),

days as (
    select
        returns.return_date,
        case when returns.is_first_day and returns.benchmark_price is not null then 0 else returns.benchmark_return end
            as benchmark_return,
        case when returns.risk_free_series is not null then returns.risk_free_return end as risk_free_return,
        returns.risk_free_series,
        price_levels.value as price_level,
        price_levels.series_id as price_level_series
    from "default".gold_benchmark_returns as returns
    left join price_levels on returns.return_date = price_levels.date_day
    where returns.user_id = %(user_id)s
        and (%(from_date)s::date is null or returns.return_date >= %(from_date)s)
        and (%(to_date)s::date is null or returns.return_date <= %(to_date)s)
    order by returns.return_date
)

select
    json_build_object(
        'benchmark', (select portfolio.benchmark from portfolio),
        'risk_free_series', max(days.risk_free_series),
        'price_level_series', max(days.price_level_series),
        'price_level_at_start', (
            select price_levels.value
            from price_levels
            inner join portfolio
                on price_levels.date_day = portfolio.start_date
        ),
        'price_level_at_end', (
            select price_levels.value
            from price_levels
            inner join portfolio
                on price_levels.date_day = portfolio.end_date
        ),
        'date', coalesce(json_agg(days.return_date), '[]'),
        'benchmark_return', coalesce(json_agg(days.benchmark_return), '[]'),
        'risk_free_return', coalesce(json_agg(days.risk_free_return), '[]'),
        'price_level', coalesce(json_agg(days.price_level), '[]')
    ) as json
from days
