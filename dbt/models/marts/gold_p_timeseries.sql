{{ config(
    scope_key="user_id",
    scope_date="as_of_date",
    publishes={
        "int_published_portfolios": {},
        "int_published_trades": {"day": "trade_date", "dated_by": "stg_transactions"},
        "int_published_positions": {"day": "valid_to"},
        "int_published_dividends": {"day": "ex_date"},
        "int_published_closing_prices": {},
        "int_published_cash_balances": {},
        "int_published_cash_movements": {},
        "int_published_entries": {},
    },
    indexes=[{"columns": ["user_id", "as_of_date"], "unique": true}],
) }}

{{ also_reads([
    "stg_transactions", "stg_accounts", "stg_portfolio_settings", "int_position_intervals", "int_price_ranges", "stg_assets",
    "int_published_portfolios", "int_published_trades", "int_published_positions", "int_published_dividends",
    "int_published_closing_prices", "int_published_cash_balances", "int_published_cash_movements",
    "int_published_entries",
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
        scope.contributions,
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

{{ sources_of_cash() }},

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

-- The days of trades, in full: of those paid from outside. What an account pays with its own cash moves no money; it
-- counts as if it had come first.
positions as (

    select
        {{ external_trades() }}
    from held
    where valid_from = first_day
        and (external_bought_units > 0 or external_sold_units > 0)

),

{{ position_days("positions.valid_from") }},

{{ trades_of_days() }},

{{ values_of_days() }},

{{ incomes_of_days() }},

{{ cash_of_days() }},

calendar as (

    select
        *,
        first_day + generate_series(0, as_of_date - first_day) as date_day
    from portfolios

),

{{ totals_of_days() }},

{{ returns_of_days() }},

timeseries as (

    select
        peaks.user_id,
        peaks.date_day as as_of_date,
        -- told often, so kept as told: exact, without the zeros that a product's scale has at its end
        trim_scale(peaks.closing_value::numeric) as market_value,
        trim_scale(peaks.cash::numeric) as cash,
        trim_scale(peaks.net_invested::numeric) as net_invested,
        trim_scale(peaks.contributions::numeric) as contributions,
        trim_scale((peaks.inflow + peaks.deposits)::numeric) as inflow,
        trim_scale((peaks.outflow + peaks.withdrawals)::numeric) as outflow,
        trim_scale(peaks.income::numeric) as income,
        trim_scale(peaks.dividends::numeric) as dividends,
        trim_scale(peaks.interest::numeric) as interest,
        trim_scale(peaks.fees::numeric) as fees,
        trim_scale(peaks.taxes::numeric) as taxes,
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
