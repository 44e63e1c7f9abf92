{{ config(materialized="stable_view") }}

-- one row per current transaction: units unaffected by later splits, money in the user's base currency, at the trade's
-- own rate or that of its day. A day's trades keep their order of entry, or purchases come first if a sale would lack
-- its shares.

with transactions as (

    select * from {{ ref('stg_transactions') }}
    where not is_deleted

),

splits as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'split'

),

settings as (

    select * from {{ ref('stg_portfolio_settings') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

based_transactions as (

    select
        transactions.*,
        coalesce(transactions.settlement_currency, transactions.currency) as paid_currency,
        transactions.quantity * transactions.price as local_amount,
        coalesce(settings.base_currency, 'USD') as base_currency
    from transactions
    left join settings
        on transactions.user_id = settings.user_id

),

trades as (

    select
        transactions.user_id,
        transactions.transaction_id,
        transactions.ticker,
        transactions.trade_date,
        transactions.side,
        transactions.entry_number,
        transactions.currency,
        transactions.base_currency,
        transactions.quantity / coalesce(split.split_factor, 1) as units,
        greatest(
            {{ var('smallest_quantity') }} / coalesce(split.split_factor, 1), {{ var('flat_below_units') }}
        ) as flat_below_units,
        transactions.local_amount,
        transactions.local_amount * rate.rate as amount,
        transactions.fees * rate.rate as fees
    from based_transactions as transactions
    {{ join_split_as_of("transactions.ticker", "transactions.trade_date") }}
    left join lateral (
        select coalesce(transactions.fx_rate, 1) as rate
        where transactions.paid_currency = transactions.base_currency
        union all
        (
            select fx_rates.rate * coalesce(transactions.fx_rate, 1) as rate
            from fx_rates
            where fx_rates.currency = transactions.paid_currency
                and fx_rates.base_currency = transactions.base_currency
                and fx_rates.rate_date <= transactions.trade_date
            order by fx_rates.rate_date desc
            limit 1
        )
    ) as rate on true

),

-- as entered; every row may be off by the last digit the ledger records
entered as (

    select
        *,
        sum(case side when 'BUY' then units else -units end + flat_below_units) over (
            partition by user_id, ticker
            order by trade_date, entry_number
            rows unbounded preceding
        ) as most_units_after
    from trades

),

possible as (

    select
        *,
        min(most_units_after) over (partition by user_id, ticker, trade_date) >= 0 as is_possible_as_entered
    from entered

),

ordered as (

    select
        user_id,
        transaction_id,
        ticker,
        trade_date,
        side,
        entry_number,
        (row_number() over (
            partition by user_id, ticker, trade_date
            order by side = 'SELL' and not is_possible_as_entered, entry_number
        ))::integer as place_in_day,
        currency,
        base_currency,
        units,
        flat_below_units,
        local_amount,
        amount,
        fees
    from possible

)

select * from ordered
