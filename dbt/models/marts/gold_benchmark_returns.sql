{{ config(materialized="stable_view") }}

-- one row per user and trading day: the returns of the portfolio, the benchmark and Treasury bills

with portfolios as (

    select * from {{ ref('int_published_portfolios') }}

),

days as (

    select
        *,
        -- a total loss ends an index, and the next trading day begins another one
        count(*) filter (where daily_return = -1) over days_before as index_number
    from {{ ref('gold_p_timeseries') }}
    where is_trading_day
    window days_before as (
        partition by user_id order by as_of_date rows between unbounded preceding and 1 preceding
    )

),

regimes as not materialized (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

prices as (

    select * from {{ ref('int_daily_prices') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

benchmarks as (

    select
        portfolios.user_id,
        portfolios.benchmark,
        portfolios.base_currency,
        price_ranges.currency,
        price_ranges.currency = portfolios.base_currency as is_in_base_currency
    from portfolios
    left join price_ranges
        on portfolios.benchmark = price_ranges.ticker

),

-- each day's price is looked up: a join might read every ticker's prices for the one benchmark
priced as (

    select
        days.user_id,
        days.as_of_date as return_date,
        days.daily_return,
        days.market_value,
        days.index_number,
        coalesce(rates.risk_free_rate, 0) as risk_free_rate,
        rates.risk_free_series,
        benchmarks.benchmark,
        price.unit_price * case when benchmarks.is_in_base_currency then 1 else rate.rate end as benchmark_price
    from days
    inner join benchmarks
        on days.user_id = benchmarks.user_id
    cross join last_regime
    {{ join_regime_of("days.as_of_date", "risk_free_known_on", "rates") }}
    left join lateral (
        select prices.unit_price::double precision as unit_price
        from prices
        where prices.ticker = benchmarks.benchmark
            and prices.price_date between days.as_of_date - {{ var('stale_after_days') }} and days.as_of_date
        order by prices.price_date desc
        limit 1
    ) as price on true
    left join lateral (
        select fx_rates.rate::double precision as rate
        from fx_rates
        where fx_rates.currency = benchmarks.currency
            and fx_rates.base_currency = benchmarks.base_currency
            and fx_rates.rate_date <= days.as_of_date
        order by fx_rates.rate_date desc
        limit 1
    ) as rate on not benchmarks.is_in_base_currency

),

-- The first day has no earlier close from which the benchmark could have moved. Nor has the day on which the portfolio
-- starts over: its return runs from the purchase, the benchmark's from the day on which everything was sold.
spans as (

    select
        *,
        lag(return_date) over series as previous_date,
        lag(benchmark_price) over series as previous_benchmark_price,
        coalesce(lag(market_value) over series = 0, false) as begins_anew
    from priced
    window series as (partition by user_id, index_number order by return_date)

),

returns as (

    select
        user_id,
        return_date,
        daily_return,
        -- bills pay by elapsed time, and none passes between a purchase and that day's close
        case
            when previous_date is null or begins_anew then 0
            else (1 + risk_free_rate) ^ ((return_date - previous_date) / 365.25)::double precision - 1
        end as risk_free_return,
        risk_free_series,
        benchmark,
        benchmark_price,
        benchmark_price / previous_benchmark_price - 1 as benchmark_return,
        previous_date is null as is_first_day,
        begins_anew,
        index_number > 0 as follows_a_total_loss
    from spans

)

select * from returns
