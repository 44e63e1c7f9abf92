{{ config(
    scope_key="user_id",
    scope_date="as_of_date",
    publishes={
        "int_published_portfolios": {},
        "int_published_trades": {"day": "trade_date", "dated_by": "stg_transactions"},
        "int_published_positions": {"day": "valid_to"},
        "int_published_dividends": {"day": "ex_date"},
        "int_published_closing_prices": {},
    },
    indexes=[{"columns": ["user_id", "as_of_date"], "unique": true}],
) }}

{{ also_reads([
    "int_position_intervals", "int_price_ranges", "stg_assets", "int_published_portfolios", "int_published_trades",
    "int_published_positions", "int_published_dividends", "int_published_closing_prices",
]) }}

-- one row per user and calendar day from the first trade on. Returns are on trading days; what happens in between (a
-- purchase on a weekend) belongs to the next trading day's return.

-- A change rebuilds the days from it on: they continue from the last trading day before it (in `scope`).
with scope as (

    select * from {{ scope() }}

),

all_portfolios as (

    select * from {{ ref('int_portfolios') }}

),

all_positions as (

    select * from {{ ref('int_positions') }}

),

portfolios as (

    select
        portfolios.user_id,
        portfolios.as_of_date,
        greatest(portfolios.first_trade_date, coalesce(scope.from_date, '-infinity')) as first_day,
        coalesce(scope.is_continued, false) as is_continued,
        scope.market_value as value_before,
        scope.net_invested,
        scope.return_index,
        scope.peak_index,
        scope.log_growth
    from all_portfolios as portfolios
    left join scope
        on portfolios.user_id = scope.user_id
    where {{ in_scope("portfolios.user_id") }}

),

held as (

    select
        positions.*,
        greatest(positions.valid_from, portfolios.first_day) as first_day
    from all_positions as positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    where {{ in_scope("positions.user_id") }}
        and positions.valid_to >= portfolios.first_day - 1  -- one ending the day before may still have a dividend

),

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

-- days with trades, in full
positions as (

    select * from held
    where valid_from = first_day

),

{{ position_days("positions.valid_from") }},

{{ trades_of_days() }},

{{ values_of_days() }},

{{ incomes_of_days() }},

calendar as (

    select
        *,
        first_day + generate_series(0, as_of_date - first_day) as date_day
    from portfolios

),

-- a day without holdings is worth nothing; a null value is unknown
totals as (

    select
        calendar.user_id,
        calendar.date_day,
        calendar.is_continued,
        calendar.net_invested as net_invested_before,
        calendar.return_index as index_before,
        calendar.peak_index as peak_before,
        calendar.log_growth as log_growth_before,
        coalesce(values_by_day.is_trading_day, false) as is_trading_day,
        coalesce(values_by_day.is_stale, false) as is_stale,
        coalesce(values_by_day.stands_at_cost, false) as stands_at_cost,
        trades.user_id is not null as has_trades,
        coalesce(trades.has_round_trip, false) as has_round_trip,
        calendar.value_before as first_value_before,
        case
            when values_by_day.user_id is null then 0
            else values_by_day.market_value
        end as market_value,
        coalesce(trades.sells_first, false) as sells_first,
        case when trades.user_id is null then 0 else trades.gain_to_first end as gain_to_first,
        case when trades.user_id is null then 0 else trades.gain_to_second end as gain_to_second,
        trades.first_inflow,
        trades.first_outflow,
        trades.first_sale_fees,
        case when trades.user_id is null then 0 else trades.inflow end as inflow,
        case when trades.user_id is null then 0 else trades.outflow end as outflow,
        case when trades.user_id is null then 0 else trades.fees end as fees,
        case when trades.user_id is null then 0 else trades.sale_fees end as sale_fees,
        case when incomes_by_day.user_id is null then 0 else incomes_by_day.income end as income
    from calendar
    left join values_by_day
        on calendar.user_id = values_by_day.user_id
        and calendar.date_day = values_by_day.date_day
    left join trades
        on calendar.user_id = trades.user_id
        and calendar.date_day = trades.return_date
    left join incomes_by_day
        on calendar.user_id = incomes_by_day.user_id
        and calendar.date_day = incomes_by_day.ex_date

),

{{ returns_of_days() }},

timeseries as (

    select
        peaks.user_id,
        peaks.date_day as as_of_date,
        -- read often, so stored as answered: exact, without a product's trailing zeros
        trim_scale(peaks.market_value::numeric) as market_value,
        trim_scale(peaks.net_invested::numeric) as net_invested,
        trim_scale(peaks.inflow::numeric) as inflow,
        trim_scale(peaks.outflow::numeric) as outflow,
        trim_scale(peaks.income::numeric) as income,
        trim_scale(peaks.fees::numeric) as fees,
        peaks.daily_return,
        peaks.return_index - 1 as cumulative_return,
        peaks.return_index / peaks.peak_index - 1 as drawdown,
        known_then.regime,
        known_then.phase,
        peaks.is_trading_day,
        peaks.is_stale,
        peaks.return_index,
        peaks.peak_index,
        peaks.log_growth,
        now() as built_at
    from peaks
    cross join last_regime
    {{ join_regime_of("peaks.date_day", "known_on", "known_then") }}

)

select * from timeseries
