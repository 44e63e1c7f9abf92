{{ config(tags=["thorough"]) }}

-- every day: profit by flows (value less net invested) against profit by positions (realised, and value less cost); so
-- value changes from day to day only by flows and profit

with days as (

    select * from {{ ref('gold_p_timeseries') }}

),

intervals as (

    select * from {{ ref('int_position_intervals') }}

),

holdings as (

    select * from {{ ref('int_holding_values') }}

),

realized as (

    select
        days.user_id,
        days.as_of_date,
        sum(intervals.realized_pnl) as realized_pnl
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

)

select
    days.user_id,
    days.as_of_date,
    days.market_value - days.net_invested as profit_by_flows,
    realized.realized_pnl + coalesce(unrealized.unrealized_pnl, 0) as profit_by_positions
from days
left join realized
    on days.user_id = realized.user_id
    and days.as_of_date = realized.as_of_date
left join unrealized
    on days.user_id = unrealized.user_id
    and days.as_of_date = unrealized.holding_date
where days.net_invested is not null
    and days.market_value is not null
    and abs(
        days.market_value - days.net_invested
        - coalesce(realized.realized_pnl, 0) - coalesce(unrealized.unrealized_pnl, 0)
    ) > 1e-6 * (1 + abs(days.market_value) + abs(days.net_invested))
