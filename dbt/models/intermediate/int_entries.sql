{{ config(materialized="stable_view") }}

-- one row per living transaction that is neither a purchase nor a sale; money in its own currency, and what one unit of
-- that is in the user's base currency on its day

with transactions as (

    select * from {{ ref('stg_transactions') }}
    where side is null
        and not is_deleted

),

accounts as (

    select * from {{ ref('stg_accounts') }}
    where tracks_cash

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

based as (

    select
        transactions.*,
        coalesce(settings.base_currency, 'USD') as base_currency,
        accounts.account_id is not null as tracks_cash
    from transactions
    left join settings
        on transactions.user_id = settings.user_id
    left join accounts
        on transactions.account_id = accounts.account_id

),

entries as (

    select
        based.user_id,
        based.transaction_id,
        based.account_id,
        based.tracks_cash,
        based.type,
        based.ticker,
        based.trade_date,
        based.entry_number,
        based.currency,
        based.base_currency,
        based.amount,
        based.taxes,
        based.fees,
        rate.rate
    from based
    -- noqa: disable=ST05
    cross join lateral {{ rate_on("based.currency", "based.base_currency", "based.trade_date") }} as rate
    -- noqa: enable=ST05

)

select * from entries
