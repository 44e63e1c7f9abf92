{{ config(materialized="stable_view") }}

-- one row per user, account, ticker and ex-date on which the account held the ticker, of accounts that keep cash or
-- record dividends themselves. A recorded dividend takes the place of the automatic one: that of the ex-date in the
-- weeks before.

with accounts as (

    select * from {{ ref('stg_accounts') }}
    where tracks_cash

),

recorded as (

    select * from {{ ref('stg_transactions') }}
    where type = 'DIVIDEND'
        and amount > 0
        and not is_deleted

),

-- an array, because PostgreSQL takes a condition on a value into a view, but never a join
positions as (

    select * from {{ ref('int_account_positions') }}
    where units > 0
        and account_id = any(array(
            select accounts.account_id from accounts
            union
            select recorded.account_id from recorded
        ))

),

dividends as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'dividend'

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

received as (

    select
        positions.user_id,
        positions.account_id,
        positions.tracks_cash,
        positions.ticker,
        dividends.ex_date,
        coalesce(dividends.currency, price_ranges.currency) as currency,
        positions.units,
        positions.units * dividends.dividend_per_unit as amount,
        (
            select recorded.transaction_id
            from recorded
            where recorded.user_id = positions.user_id
                and recorded.account_id = positions.account_id
                and recorded.ticker = positions.ticker
                and recorded.trade_date >= dividends.ex_date
                and recorded.trade_date <= dividends.ex_date + {{ var('dividend_paid_within_days') }}
            order by recorded.trade_date, recorded.entry_number
            limit 1
        ) as recorded_as
    from positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    inner join dividends
        on positions.ticker = dividends.ticker
        and positions.valid_from < dividends.ex_date
        and coalesce(positions.valid_to + 1, 'infinity') >= dividends.ex_date
        and portfolios.as_of_date >= dividends.ex_date
    left join price_ranges
        on positions.ticker = price_ranges.ticker

)

select * from received
