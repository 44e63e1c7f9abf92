{{ config(materialized="stable_view") }}

-- one row per user, account, ticker and day with trades: what the account holds after them, until valid_to (inclusive;
-- null: until today)

with trades as (

    select * from {{ ref('int_trades') }}

),

running as (

    select
        *,
        {{ position_after(
            "units", "case side when 'BUY' then amount + fees else amount - fees end", "flat_below_units", "side = 'SELL'"
        ) }}
            over (
                partition by user_id, account_id, ticker
                order by trade_date, place_in_day
                rows unbounded preceding
            ) as position
    from trades

),

closing as (

    select distinct on (user_id, account_id, ticker, trade_date)
        user_id,
        account_id,
        ticker,
        trade_date,
        tracks_cash,
        position
    from running
    order by user_id, account_id, ticker, trade_date, place_in_day desc

),

intervals as (

    select
        user_id,
        account_id,
        ticker,
        trade_date as valid_from,
        lead(trade_date) over (partition by user_id, account_id, ticker order by trade_date) - 1 as valid_to,
        tracks_cash,
        position[1] as units,
        position[2] as cost_basis,
        position[3] as realized_pnl
    from closing

)

select * from intervals
