{{ config(materialized="stable_view") }}

-- one row per user with a living transaction. The series ends where what we know of the portfolio ends: with the last
-- bar of any of its tickers or its last transaction, never with the wall clock. Each ticker's last interval says
-- enough: a new day reads no trades.

with last_intervals as (

    select * from {{ ref('int_position_intervals') }}
    where valid_to is null

),

entries as (

    select * from {{ ref('stg_transactions') }}
    where side is null
        and not is_deleted

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

spans as (

    select
        last_intervals.user_id,
        last_intervals.base_currency,
        last_intervals.first_trade_date as first_date,
        last_intervals.valid_from as last_date,
        price_ranges.last_price_date
    from last_intervals
    left join price_ranges
        on last_intervals.ticker = price_ranges.ticker
    union all
    -- what is neither bought nor sold: few people record any
    select
        user_id,
        null::text as base_currency,
        trade_date as first_date,
        trade_date as last_date,
        null::date as last_price_date
    from entries

),

users as (

    select
        user_id,
        max(base_currency) as base_currency,
        min(first_date) as first_trade_date,
        max(last_date) as last_trade_date,
        max(last_price_date) as prices_as_of
    from spans
    group by user_id

),

portfolios as (

    select
        users.user_id,
        coalesce(users.base_currency, settings.base_currency, 'USD') as base_currency,
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
