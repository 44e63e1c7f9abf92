{{ config(
    indexes=[{"columns": ["user_id", "ticker", "valid_from"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
    post_hook="{{ protect_user_rows() }}",
    pre_hook="{{ ensure_functions(['position_after']) }}",
) }}

-- one row per user, ticker and day with trades: the position after them until valid_to (inclusive), the day's trades,
-- and the position before. A closed position's last row has no units. Days are made from it where they are asked for.

with trades as (

    select * from {{ ref('int_trades') }}

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

assets as (

    select * from {{ ref('stg_assets') }}

),

fx_ranges as (

    select
        currency,
        base_currency,
        max(rate_date) as last_rate_date
    from {{ ref('int_fx_rates') }}
    group by currency, base_currency

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

running as (

    select
        *,
        {{ position_after("units", "case side when 'BUY' then amount + fees else amount - fees end", "side = 'SELL'") }}
            over (
                partition by user_id, ticker
                order by trade_date, side, entry_number
                rows unbounded preceding
            ) as position
    from trades

),

closing as (

    select distinct on (user_id, ticker, trade_date)
        user_id,
        ticker,
        trade_date,
        position[1] as units,
        position[2] as cost_basis,
        position[3] as realized_pnl
    from running
    order by user_id, ticker, trade_date, side desc, entry_number desc

),

days as (

    select
        user_id,
        ticker,
        trade_date,
        min(currency) as trade_currency,
        coalesce(sum(units) filter (where side = 'BUY'), 0) as bought_units,
        coalesce(sum(units) filter (where side = 'SELL'), 0) as sold_units,
        {{ whole_sum("amount", "side = 'BUY'") }} as bought_amount,
        {{ whole_sum("amount", "side = 'SELL'") }} as sold_amount,
        {{ whole_sum("fees", "side = 'BUY'") }} as purchase_fees,
        {{ whole_sum("fees", "side = 'SELL'") }} as sale_fees
    from trades
    group by user_id, ticker, trade_date

),

changes as (

    select
        days.*,
        closing.units,
        closing.cost_basis,
        closing.realized_pnl,
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
        changes.user_id,
        changes.ticker,
        changes.trade_date as valid_from,
        coalesce(changes.day_before_next_change, portfolios.as_of_date) as valid_to,
        -- buying again after everything was sold starts a new holding period
        max(changes.trade_date) filter (where changes.units_before = 0)
            over (partition by changes.user_id, changes.ticker order by changes.trade_date) as opened_on,
        changes.units,
        changes.cost_basis,
        changes.realized_pnl,
        changes.units_before,
        changes.cost_before,
        changes.bought_units,
        changes.sold_units,
        changes.bought_amount,
        changes.sold_amount,
        changes.purchase_fees,
        changes.sale_fees,
        coalesce(price_ranges.currency, assets.currency, changes.trade_currency) as currency,
        portfolios.base_currency,
        price_ranges.last_price_date,
        fx_ranges.last_rate_date
    from changes
    inner join portfolios
        on changes.user_id = portfolios.user_id
    left join price_ranges
        on changes.ticker = price_ranges.ticker
    left join assets
        on changes.ticker = assets.ticker
    left join fx_ranges
        on coalesce(price_ranges.currency, assets.currency, changes.trade_currency) = fx_ranges.currency
        and portfolios.base_currency = fx_ranges.base_currency

)

select * from intervals
