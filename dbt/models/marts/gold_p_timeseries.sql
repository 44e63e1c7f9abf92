{{ config(
    indexes=[{"columns": ["user_id", "as_of_date"], "unique": true}],
    post_hook="{{ protect_user_rows() }}",
    pre_hook="{{ ensure_functions(['product']) }}",
) }}

-- one row per user and calendar day from the first trade on. Returns stand on trading days; what happened on the days
-- between (a purchase on a weekend) belongs to the next trading day's return.

with portfolios as (

    select * from {{ ref('int_portfolios') }}

),

asset_days as (

    select * from {{ ref('fct_daily_returns') }}

),

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

calendar as (

    select
        user_id,
        first_trade_date + generate_series(0, as_of_date - first_trade_date) as as_of_date
    from portfolios

),

totals as (

    select
        user_id,
        return_date,
        -- a sale of everything ends its return that day: no trading day may follow
        bool_or(is_trading_day) or bool_and(is_flat) as is_trading_day,
        bool_or(is_stale and not is_flat) as is_stale,
        bool_or(has_trades) as has_trades,
        bool_and(is_flat) as is_flat,
        bool_or(has_round_trip) as has_round_trip,
        {{ whole_sum("value_before") }} as value_before,
        {{ whole_sum("value_at_purchases") }} as value_at_purchases,
        {{ whole_sum("value_at_sales") }} as value_at_sales,
        {{ whole_sum("market_value") }} as market_value,
        {{ whole_sum("inflow") }} as inflow,
        {{ whole_sum("outflow") }} as outflow,
        {{ whole_sum("income") }} as income,
        {{ whole_sum("fees") }} as fees,
        {{ whole_sum("sale_fees") }} as sale_fees
    from asset_days
    group by user_id, return_date

),

day_returns as (

    select
        *,
        {{ day_return() }} as day_return
    from totals

),

days as (

    select
        calendar.user_id,
        calendar.as_of_date,
        coalesce(day_returns.is_trading_day, false) as is_trading_day,
        coalesce(day_returns.is_stale, false) as is_stale,
        case when day_returns.user_id is null then 0 else day_returns.market_value end as market_value,
        case when day_returns.user_id is null then 0 else day_returns.inflow end as inflow,
        case when day_returns.user_id is null then 0 else day_returns.outflow end as outflow,
        case when day_returns.user_id is null then 0 else day_returns.income end as income,
        case when day_returns.user_id is null then 0 else day_returns.fees end as fees,
        case when day_returns.user_id is null then 0 else day_returns.day_return end as day_return,
        -- a trading day closes the group of days since the trading day before it
        count(*) filter (where day_returns.is_trading_day)
            over (
                partition by calendar.user_id
                order by calendar.as_of_date
                rows between unbounded preceding and 1 preceding
            ) as return_group
    from calendar
    left join day_returns
        on calendar.user_id = day_returns.user_id
        and calendar.as_of_date = day_returns.return_date

),

bounded as (

    select
        user_id,
        as_of_date,
        is_trading_day,
        is_stale,
        market_value,
        inflow,
        outflow,
        income,
        fees,
        return_group,
        {{ within_double("day_return", "so_far") }} as day_return
    from days
    window so_far as (partition by user_id order by as_of_date rows unbounded preceding)

),

daily as (

    select
        *,
        case
            when is_trading_day
                and count(*) over grouped = count(day_return) over grouped
                then {{ product("1 + day_return") }} over grouped - 1
        end as daily_return,
        count(*) over so_far = count(inflow) over so_far and count(*) over so_far = count(outflow) over so_far
            as flows_are_known,
        -- once a return is unknown, so is everything compounded from it
        count(*) over so_far = count(day_return) over so_far as returns_are_known
    from bounded
    window
        grouped as (partition by user_id, return_group),
        so_far as (partition by user_id order by as_of_date rows unbounded preceding)

),

compounded as (

    select
        *,
        case when flows_are_known then sum(inflow - outflow) over so_far end as net_invested,
        case when returns_are_known then {{ product("1 + daily_return") }} over so_far end as growth
    from daily
    window so_far as (partition by user_id order by as_of_date rows unbounded preceding)

),

drawdowns as (

    select
        *,
        growth / greatest(1, max(growth) over so_far) - 1 as drawdown
    from compounded
    window so_far as (partition by user_id order by as_of_date rows unbounded preceding)

),

timeseries as (

    select
        drawdowns.user_id,
        drawdowns.as_of_date,
        drawdowns.market_value::numeric as market_value,
        drawdowns.net_invested::numeric as net_invested,
        drawdowns.inflow::numeric as inflow,
        drawdowns.outflow::numeric as outflow,
        drawdowns.income::numeric as income,
        drawdowns.fees::numeric as fees,
        drawdowns.daily_return,
        drawdowns.growth - 1 as cumulative_return,
        drawdowns.drawdown,
        regimes.regime,
        regimes.phase,
        drawdowns.is_trading_day,
        drawdowns.is_stale
    from drawdowns
    cross join last_regime
    left join regimes
        on regimes.date_day = least(drawdowns.as_of_date, last_regime.date_day)
        and drawdowns.as_of_date <= regimes.known_on + {{ var('macro_known_for_days') }}

)

select * from timeseries
