{{ config(
    materialized="stable_view",
    post_hook="{{ make_functions_of_days() }}",
) }}

-- one row per user and span of time that ends with the series: all of it, this calendar year, and the last 1, 3, 5
-- and 10 years if the portfolio is that old. For any other first and last day: performance_between, created with this
-- view.

with {{ window_sources(["portfolios", "days", "regimes", "compared"]) }},

spans as not materialized (

    select
        portfolios.user_id,
        portfolios.first_trade_date,
        portfolios.as_of_date,
        lengths.time_window,
        case lengths.time_window
            when 'all' then portfolios.first_trade_date
            when 'ytd' then greatest(date_trunc('year', portfolios.as_of_date)::date, portfolios.first_trade_date)
            else (portfolios.as_of_date - make_interval(years => lengths.years))::date + 1
        end as from_date
    from portfolios
    cross join (
        values ('all', null::integer), ('ytd', null), ('1y', 1), ('3y', 3), ('5y', 5), ('10y', 10)
    ) as lengths (time_window, years)

),

time_windows as not materialized (

    select * from spans
    where from_date >= first_trade_date

),

{{ window_returns() }},

{{ window_statistics() }},

{{ window_performance() }}

select * from performance
