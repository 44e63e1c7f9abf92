{{ config(
    indexes=[{"columns": ["user_id", "ticker"], "unique": true}],
    post_hook="{{ protect_user_rows() }}",
) }}

-- one row per user and ticker ever held, closed positions too; money in the user's base currency

with portfolios as (

    select * from {{ ref('int_portfolios') }}

),

intervals as (

    select * from {{ ref('int_positions') }}

),

trades as (

    select * from {{ ref('int_trades') }}

),

holdings as (

    select * from {{ ref('int_holding_values') }}

),

dividends as (

    select * from {{ ref('int_dividends') }}

),

assets as (

    select * from {{ ref('stg_assets') }}

),

positions as (

    select distinct on (user_id, ticker) *
    from intervals
    order by user_id, ticker, valid_from desc

),

totals as (

    select
        user_id,
        ticker,
        {{ whole_sum("amount + fees", "side = 'BUY'") }} as inflow,
        {{ whole_sum("amount - fees", "side = 'SELL'") }} as outflow,
        {{ whole_sum("fees") }} as fees,
        coalesce(sum(units) filter (where side = 'SELL'), 0) as sold_units
    from trades
    group by user_id, ticker

),

-- first in, first out: what was sold is taken from the oldest purchases, part of the last one by interpolation
purchases as (

    select
        user_id,
        ticker,
        units,
        amount + fees as cost,
        sum(units) over (
            partition by user_id, ticker
            order by trade_date, entry_number
            rows unbounded preceding
        ) as units_bought
    from trades
    where side = 'BUY'

),

fifo as (

    select
        purchases.user_id,
        purchases.ticker,
        {{ whole_sum(
            "purchases.cost * greatest(0, least(purchases.units, purchases.units_bought - totals.sold_units))"
            ~ " / purchases.units"
        ) }} as cost_basis
    from purchases
    inner join totals
        on purchases.user_id = totals.user_id
        and purchases.ticker = totals.ticker
    group by purchases.user_id, purchases.ticker

),

incomes as (

    select
        user_id,
        ticker,
        {{ whole_sum("income") }} as income
    from dividends
    group by user_id, ticker

),

valued as (

    select
        positions.user_id,
        positions.ticker,
        positions.opened_on as first_held_on,
        case when positions.units = 0 then positions.valid_from else portfolios.as_of_date end as last_held_on,
        positions.units > 0 as is_open,
        case when positions.units = 0 then 0 else holdings.quantity end as quantity,
        case when positions.units = 0 then 0 else holdings.market_value end as market_value,
        holdings.price_date,
        coalesce(holdings.is_stale, false) as is_stale,
        positions.cost_basis as cost_basis_average,
        case when positions.units = 0 then 0 else fifo.cost_basis end as cost_basis_fifo,
        totals.inflow,
        totals.outflow,
        totals.fees,
        case when incomes.user_id is null then 0 else incomes.income end as dividends,
        positions.currency,
        positions.base_currency
    from positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    inner join totals
        on positions.user_id = totals.user_id
        and positions.ticker = totals.ticker
    left join fifo
        on positions.user_id = fifo.user_id
        and positions.ticker = fifo.ticker
    left join incomes
        on positions.user_id = incomes.user_id
        and positions.ticker = incomes.ticker
    left join holdings
        on positions.user_id = holdings.user_id
        and positions.ticker = holdings.ticker
        and portfolios.as_of_date = holdings.holding_date

),

kpis as (

    select
        valued.user_id,
        valued.ticker,
        assets.name,
        valued.currency,
        valued.base_currency,
        valued.quantity::numeric as quantity,
        (valued.cost_basis_average / nullif(valued.quantity, 0))::numeric as average_price,
        valued.market_value::numeric as market_value,
        valued.cost_basis_average::numeric as cost_basis_average,
        valued.cost_basis_fifo::numeric as cost_basis_fifo,
        (valued.outflow - valued.inflow + valued.cost_basis_average)::numeric as realized_pnl_average,
        (valued.outflow - valued.inflow + valued.cost_basis_fifo)::numeric as realized_pnl_fifo,
        (valued.market_value - valued.cost_basis_average)::numeric as unrealized_pnl_average,
        (valued.market_value - valued.cost_basis_fifo)::numeric as unrealized_pnl_fifo,
        valued.dividends::numeric as dividends,
        valued.fees::numeric as fees,
        (valued.market_value + valued.outflow + valued.dividends - valued.inflow)::numeric as total_pnl,
        (
            (valued.market_value + valued.outflow + valued.dividends - valued.inflow) / nullif(valued.inflow, 0)
        )::double precision as total_return,
        valued.first_held_on,
        (valued.last_held_on - valued.first_held_on)::integer as holding_days,
        (
            valued.market_value
            / nullif({{ whole_sum("valued.market_value", over="partition by valued.user_id") }}, 0)
        )::double precision as weight,
        valued.price_date,
        valued.is_stale
    from valued
    left join assets
        on valued.ticker = assets.ticker

)

select * from kpis
