{{ config(tags=["thorough"]) }}

-- a holding's return on a split date, without trades, that a missing split would have caused: ratio - 1 or 1 / ratio -
-- 1, while the share itself as traded, times the ratio, did not move that far. Splits of less than a quarter are within
-- what a share may do by itself.

with returns as (

    select * from {{ ref('fct_daily_returns') }}

),

splits as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'split'
        and abs(ln(split_ratio)) > 0.25

),

prices as (

    select * from {{ ref('int_daily_prices') }}

),

on_split_dates as (

    select
        returns.user_id,
        returns.ticker,
        returns.return_date,
        returns.daily_return,
        splits.split_ratio,
        ln(1 + returns.daily_return) as log_return,
        ln(splits.split_ratio) as log_ratio,
        -- after its last bar a share has no close and no move
        coalesce(ln(close_after.close * splits.split_ratio / close_before.close), 0) as log_move
    from returns
    inner join splits
        on returns.ticker = splits.ticker
        and returns.return_date = splits.ex_date
    left join prices as close_after
        on splits.ticker = close_after.ticker
        and splits.ex_date = close_after.price_date
    left join prices as close_before
        on splits.ticker = close_before.ticker
        and splits.ex_date - 1 = close_before.price_date
    where not returns.has_trades
        and returns.daily_return > -1

)

select *
from on_split_dates
where abs(abs(log_return) - abs(log_ratio)) < 0.1 * abs(log_ratio)
    and abs(log_return - log_move) > 0.1 * abs(log_ratio)
