{{ config(
    materialized="scoped",
    scope_key="user_id",
    scope_date="as_of_date",
    indexes=[{"columns": ["user_id", "as_of_date"], "unique": true}],
    post_hook="{{ protect_user_rows() }}",
    pre_hook="{{ ensure_functions(['product']) }}",
) }}

-- one row per user and calendar day from the first trade on. Returns stand on trading days; what happened on the days
-- between (a purchase on a weekend) belongs to the next trading day's return.

-- A change rebuilds the days from it on: they go on from the last trading day before it (in `scope`).
-- depends_on: {{ ref('int_position_intervals') }}

with scope as (

    select * from {{ scope() }}

),

portfolios as (

    select
        portfolios.user_id,
        portfolios.as_of_date,
        greatest(portfolios.first_trade_date, coalesce(scope.from_date, '-infinity')) as first_day,
        coalesce(scope.is_continued, false) as is_continued,
        scope.net_invested,
        scope.return_index,
        scope.peak_index,
        scope.log_growth
    from {{ ref('int_portfolios') }} as portfolios
    left join scope
        on portfolios.user_id = scope.user_id
    where {{ in_scope("portfolios.user_id") }}

),

positions as (

    select
        positions.*,
        greatest(positions.valid_from, portfolios.first_day) as first_day
    from {{ ref('int_positions') }} as positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    where positions.valid_to >= portfolios.first_day

),

{{ position_days() }},

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

calendar as (

    select
        *,
        first_day + generate_series(0, as_of_date - first_day) as date_day
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
    from returns
    group by user_id, return_date

),

day_returns as (

    select
        *,
        {{ day_return() }} as day_return
    from totals

),

portfolio_days as (

    select
        calendar.user_id,
        calendar.date_day,
        calendar.is_continued,
        calendar.net_invested as net_invested_before,
        calendar.return_index as index_before,
        calendar.peak_index as peak_before,
        calendar.log_growth as log_growth_before,
        coalesce(day_returns.is_trading_day, false) as is_trading_day,
        coalesce(day_returns.is_stale, false) as is_stale,
        case when day_returns.user_id is null then 0 else day_returns.market_value end as market_value,
        case when day_returns.user_id is null then 0 else day_returns.inflow end as inflow,
        case when day_returns.user_id is null then 0 else day_returns.outflow end as outflow,
        case when day_returns.user_id is null then 0 else day_returns.income end as income,
        case when day_returns.user_id is null then 0 else day_returns.fees end as fees,
        case when day_returns.user_id is null then 0 else day_returns.day_return end as day_return
    from calendar
    left join day_returns
        on calendar.user_id = day_returns.user_id
        and calendar.date_day = day_returns.return_date

),

running as (

    select
        *,
        -- a trading day closes the group of days since the trading day before it
        count(*) filter (where is_trading_day) over so_far - is_trading_day::integer as return_group,
        coalesce(log_growth_before, 0) + coalesce(sum({{ logarithm("day_return") }}) over so_far, 0) as log_growth,
        bool_and(inflow is not null and outflow is not null) over so_far
        and (not is_continued or net_invested_before is not null) as flows_are_known,
        -- once a return is unknown, so is everything compounded from it
        bool_and(day_return is not null) over so_far
        and (not is_continued or index_before is not null) as days_are_known
    from portfolio_days
    window so_far as (partition by user_id order by date_day rows unbounded preceding)

),

-- a return that would leave what a double holds is unknown, and so is what follows
bounded as (

    select
        *,
        greatest(abs(coalesce({{ logarithm("day_return") }}, 0)), abs(log_growth)) < {{ largest_logarithm() }}
            as is_bounded
    from running

),

daily as (

    select
        *,
        case
            when is_trading_day and bool_and(is_bounded and day_return is not null) over grouped
                then {{ product("1 + case when is_bounded then day_return end") }} over grouped - 1
        end as daily_return,
        days_are_known and bool_and(is_bounded) over so_far as returns_are_known
    from bounded
    window
        grouped as (partition by user_id, return_group),
        so_far as (partition by user_id order by date_day rows unbounded preceding)

),

compounded as (

    select
        *,
        case when flows_are_known then coalesce(net_invested_before, 0) + sum(inflow - outflow) over so_far end
            as net_invested,
        case
            when returns_are_known
                then coalesce(index_before, 1) * {{ product("1 + daily_return") }} over so_far
        end as return_index
    from daily
    window so_far as (partition by user_id order by date_day rows unbounded preceding)

),

peaks as (

    select
        *,
        case
            when return_index is not null
                then greatest(1, peak_before, max(return_index) over so_far)
        end as peak_index
    from compounded
    window so_far as (partition by user_id order by date_day rows unbounded preceding)

),

timeseries as (

    select
        peaks.user_id,
        peaks.date_day as as_of_date,
        peaks.market_value::numeric as market_value,
        peaks.net_invested::numeric as net_invested,
        peaks.inflow::numeric as inflow,
        peaks.outflow::numeric as outflow,
        peaks.income::numeric as income,
        peaks.fees::numeric as fees,
        peaks.daily_return,
        peaks.return_index - 1 as cumulative_return,
        peaks.return_index / peaks.peak_index - 1 as drawdown,
        regimes.regime,
        regimes.phase,
        peaks.is_trading_day,
        peaks.is_stale,
        peaks.return_index,
        peaks.peak_index,
        peaks.log_growth,
        now() as built_at
    from peaks
    cross join last_regime
    left join regimes
        on regimes.date_day = least(peaks.date_day, last_regime.date_day)
        and peaks.date_day <= regimes.known_on + {{ var('macro_known_for_days') }}

)

select * from timeseries
