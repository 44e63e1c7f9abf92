{{ config(materialized="stable_view") }}

-- one row per user with a current transaction. The series ends where our knowledge of the portfolio ends: with the last
-- bar of any of its tickers or its last trade, never with the wall clock. Each ticker's last interval is enough: a new
-- day reads no trades.

with last_intervals as (

    select * from {{ ref('int_position_intervals') }}
    where valid_to is null

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

users as (

    select
        last_intervals.user_id,
        max(last_intervals.base_currency) as base_currency,
        min(last_intervals.first_trade_date) as first_trade_date,
        max(last_intervals.valid_from) as last_trade_date,
        max(price_ranges.last_price_date) as prices_as_of
    from last_intervals
    left join price_ranges
        on last_intervals.ticker = price_ranges.ticker
    group by last_intervals.user_id

),

portfolios as (

    select
        users.user_id,
        users.base_currency,
        coalesce(settings.cost_basis_method, 'average') as cost_basis_method,
        coalesce(settings.benchmark, '^GSPC') as benchmark,
        users.first_trade_date,
        greatest(users.last_trade_date, users.prices_as_of) as as_of_date,
        users.prices_as_of,
        {{ stale_from('users.prices_as_of') }} as prices_stale_from
    from users
    left join settings
        on users.user_id = settings.user_id

)

select * from portfolios
