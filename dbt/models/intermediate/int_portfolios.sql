{{ config(
    materialized="scoped",
    scope_key="user_id",
    unique_key=["user_id"],
    changed={"user_id": "user_id", "from_date": "as_of_date + 1"},
    readers={"gold_p_timeseries": "true"},
    indexes=[{"columns": ["user_id"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
    post_hook="{{ protect_user_rows() }}",
) }}

-- one row per user with a living trade. The series ends where what we know of the portfolio ends: with the last bar of
-- any of its tickers or its last trade, never with the wall clock.

with trades as (

    select * from {{ ref('int_trades') }}
    where {{ in_scope("user_id") }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

users as (

    select
        trades.user_id,
        max(trades.base_currency) as base_currency,
        min(trades.trade_date) as first_trade_date,
        max(trades.trade_date) as last_trade_date,
        max(price_ranges.last_price_date) as prices_as_of
    from trades
    left join price_ranges
        on trades.ticker = price_ranges.ticker
    group by trades.user_id

),

portfolios as (

    select
        users.user_id,
        users.base_currency,
        coalesce(settings.cost_basis_method, 'average') as cost_basis_method,
        coalesce(settings.benchmark, '^GSPC') as benchmark,
        users.first_trade_date,
        greatest(users.last_trade_date, users.prices_as_of) as as_of_date,
        users.prices_as_of
    from users
    left join settings
        on users.user_id = settings.user_id

)

select * from portfolios
