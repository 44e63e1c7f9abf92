{{ config(materialized="stable_view") }}

-- one row per movement of cash in an account that keeps it, in the currency in which it moved

with accounts as (

    select * from {{ ref('stg_accounts') }}
    where tracks_cash

),

transactions as (

    select * from {{ ref('stg_transactions') }}
    where not is_deleted
        and account_id = any(array(select accounts.account_id from accounts))

),

dividends as (

    select * from {{ ref('int_account_dividends') }}
    where tracks_cash
        and recorded_as is null

),

recorded as (

    select
        user_id,
        account_id,
        coalesce(settlement_currency, currency) as currency,
        trade_date as movement_date,
        type,
        ticker,
        transaction_id,
        case type
            when 'BUY' then -(quantity * price + fees + taxes) * coalesce(fx_rate, 1)
            when 'SELL' then (quantity * price - fees - taxes) * coalesce(fx_rate, 1)
            when 'DEPOSIT' then amount
            when 'WITHDRAWAL' then -amount
            when 'DIVIDEND' then amount - taxes - fees
            when 'INTEREST' then amount - taxes
            when 'FEE' then -amount
            when 'TAX' then -amount
        end as amount
    from transactions

),

automatic as (

    select
        user_id,
        account_id,
        currency,
        ex_date as movement_date,
        'DIVIDEND' as type,
        ticker,
        null::uuid as transaction_id,
        amount
    from dividends

),

movements as (

    select * from recorded
    union all
    select * from automatic

),

identified as (

    select
        coalesce(transaction_id::text, concat_ws(' ', account_id, ticker, movement_date)) as movement_id,
        *
    from movements

)

select * from identified
