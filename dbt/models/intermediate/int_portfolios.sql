-- one row per user with any row in the ledger. The series ends where what we know of the portfolio ends: with the last
-- bar of any of its tickers or its last trade, never with the wall clock.

with transactions as (

    select * from {{ ref('stg_transactions') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

users as (

    select
        transactions.user_id,
        sum(transactions.ledger_rows)::bigint as ledger_versions,
        min(transactions.trade_date) filter (where not transactions.is_deleted) as first_trade_date,
        max(transactions.trade_date) filter (where not transactions.is_deleted) as last_trade_date,
        max(price_ranges.last_price_date) filter (where not transactions.is_deleted) as prices_as_of
    from transactions
    left join price_ranges
        on transactions.ticker = price_ranges.ticker
    group by transactions.user_id

),

portfolios as (

    select
        users.user_id,
        coalesce(settings.base_currency, 'USD') as base_currency,
        coalesce(settings.cost_basis_method, 'average') as cost_basis_method,
        coalesce(settings.benchmark, '^GSPC') as benchmark,
        users.first_trade_date,
        greatest(users.last_trade_date, users.prices_as_of) as as_of_date,
        users.prices_as_of,
        users.ledger_versions
    from users
    left join settings
        on users.user_id = settings.user_id

)

select * from portfolios
