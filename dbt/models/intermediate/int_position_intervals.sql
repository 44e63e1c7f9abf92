{{ config(
    scope_key="user_id",
    unique_key=["user_id", "ticker", "valid_from"],
    changed={"user_id": "user_id", "from_date": "valid_from"},
    readers={"gold_p_timeseries": {}},
    indexes=[
        {"columns": ["user_id", "ticker", "valid_from"], "unique": true},
        {"columns": ["user_id"], "where": "valid_to IS NULL"},
        {"columns": ["ticker"], "where": "valid_to IS NULL"},
    ],
    batch_weight=200,
) }}

{{ also_reads(["stg_transactions", "stg_portfolio_settings"]) }}

-- one row per user, ticker and day with trades: the position after them until valid_to (inclusive; null: until
-- today), the day's trades, and the position before. Each account has a position and a cost of its own; here stands
-- their sum. A closed position's last row has no units. Days are made from it where they are asked for, so that a new
-- day changes nothing here.

with trades as (

    select * from {{ ref('int_trades') }}
    where {{ in_scope("user_id") }}

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

followed as (

    select
        *,
        lag(position, 1, array[0, 0, 0, 0]::numeric[]) over (
            partition by user_id, account_id, ticker order by trade_date, place_in_day
        ) as position_before
    from running

),

summed as (

    select
        user_id,
        ticker,
        trade_date,
        place_in_day,
        {{ sum_over_accounts(1, "so_far") }} as units,
        {{ sum_over_accounts(2, "so_far") }} as cost_basis,
        {{ sum_over_accounts(3, "so_far") }} as realized_pnl
    from followed
    window so_far as (partition by user_id, ticker order by trade_date, place_in_day rows unbounded preceding)

),

emptied as (

    select
        *,
        bool_or(units = 0) over (partition by user_id, ticker, trade_date) as was_flat
    from summed

),

closing as (

    select distinct on (user_id, ticker, trade_date)
        user_id,
        ticker,
        trade_date,
        units,
        cost_basis,
        realized_pnl,
        was_flat and units > 0 as is_reopened
    from emptied
    order by user_id, ticker, trade_date, place_in_day desc

),

days as (

    select
        user_id,
        ticker,
        trade_date,
        min(currency) as trade_currency,
        min(base_currency) as base_currency,
        min(min(trade_date)) over (partition by user_id, ticker) as first_trade_date,
        coalesce(sum(units) filter (where side = 'BUY'), 0) as bought_units,
        coalesce(sum(units) filter (where side = 'SELL'), 0) as sold_units,
        {{ whole_sum("amount", "side = 'BUY'") }} as bought_amount,
        {{ whole_sum("amount", "side = 'SELL'") }} as sold_amount,
        {{ whole_sum("fees", "side = 'BUY'") }} as purchase_fees,
        {{ whole_sum("fees", "side = 'SELL'") }} as sale_fees,
        {{ whole_sum("taxes", "side = 'BUY'") }} as purchase_taxes,
        {{ whole_sum("taxes", "side = 'SELL'") }} as sale_taxes,
        coalesce(
            max(place_in_day) filter (where side = 'SELL') < min(place_in_day) filter (where side = 'BUY'), false
        ) as sells_first,
        -- what was paid from outside, and not with the cash of an account that keeps it
        coalesce(sum(units) filter (where side = 'BUY' and is_external), 0) as external_bought_units,
        coalesce(sum(units) filter (where side = 'SELL' and is_external), 0) as external_sold_units,
        {{ whole_sum("amount", "side = 'BUY' and is_external") }} as external_bought_amount,
        {{ whole_sum("amount", "side = 'SELL' and is_external") }} as external_sold_amount,
        {{ whole_sum("fees + taxes", "side = 'BUY' and is_external") }} as external_purchase_costs,
        {{ whole_sum("fees + taxes", "side = 'SELL' and is_external") }} as external_sale_costs,
        coalesce(
            max(place_in_day) filter (where side = 'SELL' and is_external)
            < min(place_in_day) filter (where side = 'BUY' and is_external),
            false
        ) as external_sells_first,
        {{ whole_sum("amount + fees + taxes", "side = 'BUY' and is_external and tracks_cash") }} as deposited_amount,
        {{ whole_sum("amount - fees - taxes", "side = 'SELL' and is_external and tracks_cash") }} as withdrawn_amount
    from trades
    group by user_id, ticker, trade_date

),

changes as (

    select
        days.*,
        closing.units,
        closing.cost_basis,
        closing.realized_pnl,
        closing.is_reopened,
        lead(days.trade_date) over position_history - 1 as day_before_next_change,
        lag(closing.units, 1, 0::numeric) over position_history as units_before,
        lag(closing.cost_basis, 1, 0::numeric) over position_history as cost_before
    from days
    inner join closing
        on days.user_id = closing.user_id
        and days.ticker = closing.ticker
        and days.trade_date = closing.trade_date
    window position_history as (partition by days.user_id, days.ticker order by days.trade_date)

),

intervals as (

    select
        user_id,
        ticker,
        trade_date as valid_from,
        day_before_next_change as valid_to,
        -- buying again after selling everything starts a new holding period
        max(trade_date) filter (where units_before = 0 or is_reopened)
            over (partition by user_id, ticker order by trade_date) as opened_on,
        first_trade_date,
        units,
        cost_basis,
        realized_pnl,
        units_before,
        cost_before,
        bought_units,
        sold_units,
        bought_amount,
        sold_amount,
        purchase_fees,
        sale_fees,
        purchase_taxes,
        sale_taxes,
        sells_first,
        external_bought_units,
        external_sold_units,
        external_bought_amount,
        external_sold_amount,
        external_purchase_costs,
        external_sale_costs,
        external_sells_first,
        deposited_amount,
        withdrawn_amount,
        is_reopened,
        trade_currency,
        base_currency
    from changes

)

select * from intervals
