{{ config(tags=["thorough"]) }}

-- every day: what was earned (value less contributions) against where it came from: realised and unrealised profit of
-- what was traded, dividends and interest, less fees and taxes, and what exchange rates did to cash; so value changes
-- from day to day by flows and profit, and by nothing else

with days as (

    select
        *,
        sum(dividends + interest - fees - taxes) over (partition by user_id order by as_of_date) as received
    from {{ ref('gold_p_timeseries') }}

),

intervals as (

    select
        *,
        sum(purchase_fees + sale_fees) over (partition by user_id, ticker order by valid_from) as fees_of_trades
    from {{ ref('int_position_intervals') }}

),

holdings as (

    select * from {{ ref('int_holding_values') }}

),

balances as (

    select * from {{ ref('int_cash_balances') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- fees of trades are part of their cost and proceeds
realized as (

    select
        days.user_id,
        days.as_of_date,
        sum(intervals.realized_pnl + intervals.fees_of_trades) as realized_pnl
    from days
    inner join intervals
        on days.user_id = intervals.user_id
        and days.as_of_date >= intervals.valid_from
        and days.as_of_date <= coalesce(intervals.valid_to, 'infinity')
    group by days.user_id, days.as_of_date

),

unrealized as (

    select
        user_id,
        holding_date,
        sum(market_value - cost_basis) as unrealized_pnl
    from holdings
    group by user_id, holding_date

),

moved as (

    select
        balances.user_id,
        balances.valid_from,
        balances.moved * rate.rate as moved
    from balances
    cross join lateral {{ rate_on("balances.currency", "balances.base_currency", "balances.valid_from") }} as rate

),

cash_moved as (

    select
        days.user_id,
        days.as_of_date,
        sum(moved.moved) as cash_moved
    from days
    inner join moved
        on days.user_id = moved.user_id
        and days.as_of_date >= moved.valid_from
    group by days.user_id, days.as_of_date

),

profits as (

    select
        days.user_id,
        days.as_of_date,
        days.market_value,
        days.contributions,
        days.market_value - days.contributions as profit_by_flows,
        coalesce(realized.realized_pnl, 0)
        + coalesce(unrealized.unrealized_pnl, 0)
        + days.received
        + days.cash - coalesce(cash_moved.cash_moved, 0) as profit_by_parts
    from days
    left join realized
        on days.user_id = realized.user_id
        and days.as_of_date = realized.as_of_date
    left join unrealized
        on days.user_id = unrealized.user_id
        and days.as_of_date = unrealized.holding_date
    left join cash_moved
        on days.user_id = cash_moved.user_id
        and days.as_of_date = cash_moved.as_of_date

)

select *
from profits
where profit_by_flows is not null
    and abs(profit_by_flows - profit_by_parts) > 1e-6 * (1 + abs(market_value) + abs(contributions))
