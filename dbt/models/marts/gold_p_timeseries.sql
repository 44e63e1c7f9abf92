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

-- one row per user and calendar day from the first trade on. Returns stand on trading days; what happened on the days
-- between (a purchase on a weekend) belongs to the next trading day's return.

-- A change rebuilds the days from it on: they go on from the last trading day before it (in `scope`).
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
        and positions.valid_to >= portfolios.first_day - 1  -- what ends the day before may still have a dividend

),

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

-- the days of trades, in full
positions as (

    select * from held
    where valid_from = first_day

),

{{ position_days("positions.valid_from") }},

trades as (

    select
        user_id,
        return_date,
        bool_or(has_round_trip) as has_round_trip,
        bool_or(sells_first) as sells_first,
        {{ whole_sum("value_at_first - market_value") }} as gain_to_first,
        {{ whole_sum("value_at_second - market_value") }} as gain_to_second,
        {{ whole_sum("inflow", "not sells_first") }} as first_inflow,
        {{ whole_sum("outflow", "sells_first") }} as first_outflow,
        {{ whole_sum("sale_fees", "sells_first") }} as first_sale_fees,
        {{ whole_sum("inflow") }} as inflow,
        {{ whole_sum("outflow") }} as outflow,
        {{ whole_sum("fees") }} as fees,
        {{ whole_sum("sale_fees") }} as sale_fees
    from returns
    group by user_id, return_date

),

-- every day of every holding: no more than its value, because there are many
holding_days as (

    select
        user_id,
        ticker,
        units,
        units_before,
        valid_from,
        cost_basis,
        currency,
        base_currency,
        currency = base_currency as is_in_base_currency,
        last_price_date,
        last_rate_date,
        first_day + generate_series(0, valid_to - first_day) as date_day
    from held

),

prices_since as (

    select * from prices
    where price_date >= (select min(least(held.first_day, held.last_price_date)) from held)

),

holding_values as (

    select
        holding_days.user_id,
        holding_days.date_day,
        holding_days.units = 0 as is_flat,
        prices.bar_date = holding_days.date_day as has_bar,
        holding_days.date_day - prices.bar_date <= {{ var('priced_within_days') }} as is_priced,
        holding_days.units > 0
        and ({{ is_stale("holding_days.date_day", "prices.bar_date", "fx_rates.bar_date") }}) as is_stale,
        {{ stands_at_cost(
            "holding_days.units",
            "case when holding_days.date_day = holding_days.valid_from then holding_days.units_before else holding_days.units end",
            "prices.unit_price",
            "case when holding_days.date_day > holding_days.last_price_date then prices.unit_price else prices.previous_unit_price end",
            "fx_rates.rate",
            "case when holding_days.date_day > holding_days.last_rate_date then fx_rates.rate else fx_rates.previous_rate end"
        ) }} as stands_at_cost,
        {{ value_of("holding_days.units", "holding_days.cost_basis", "prices.unit_price", "fx_rates.rate") }}
            as known_value
    from holding_days
    left join prices_since as prices
        on holding_days.ticker = prices.ticker
        and prices.price_date = least(holding_days.date_day, holding_days.last_price_date)
    left join fx_rates
        on holding_days.currency = fx_rates.currency
        and holding_days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(holding_days.date_day, holding_days.last_rate_date)
    -- so that a value is computed once, and not for each sum of it
    offset 0  -- noqa: AM09

),

values_by_day as (

    select
        user_id,
        date_day,
        -- a sale of everything ends its return that day: no trading day may follow
        bool_and(is_flat)
        -- a little coin makes no trading day of a Sunday: a material part of what has prices must have a bar
        or coalesce(
            bool_or(has_bar)
            and (
                bool_or(known_value is null)
                or sum(known_value) filter (where has_bar)
                >= {{ var('material_part') }} * sum(known_value) filter (where is_priced)
            ),
            false
        ) as is_trading_day,
        bool_or(is_stale) as is_stale,
        bool_or(stands_at_cost) as stands_at_cost,
        -- what stands at its cost needs the rates of its trades
        case when count(*) = count(known_value) then sum(known_value) end as market_value
    from holding_values
    group by user_id, date_day

),

incomes as (

    {{ dividends_received("held") }}

),

incomes_by_day as (

    select
        user_id,
        ex_date,
        {{ whole_sum("income") }} as income
    from incomes
    group by user_id, ex_date

),

calendar as (

    select
        *,
        first_day + generate_series(0, as_of_date - first_day) as date_day
    from portfolios

),

-- a day without anything held is worth nothing; a value of null is one that is not known
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

marked as (

    select
        *,
        market_value + gain_to_first as value_at_first,
        market_value + gain_to_second as value_at_second,
        case
            when row_number() over days = 1 then case when is_continued then first_value_before else 0 end
            else lag(market_value) over days
        end as value_before
    from totals
    window days as (partition by user_id order by date_day)

),

portfolio_days as (

    select
        *,
        {{ day_return() }} as day_return
    from marked

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

-- a loss of everything ends the index: the next trading day with a return begins a new one
indexed as (

    select
        *,
        coalesce(index_before = 0, false)::integer + count(*) filter (where daily_return = -1) over days_before
            as index_number
    from daily
    window days_before as (
        partition by user_id order by date_day rows between unbounded preceding and 1 preceding
    )

),

compounded as (

    select
        *,
        case when flows_are_known then coalesce(net_invested_before, 0) + sum(inflow - outflow) over so_far end
            as net_invested,
        case
            when not returns_are_known then null
            -- until it begins anew, everything is lost
            when index_number > 0 and count(daily_return) over of_index = 0 then 0
            when index_number > 0 then {{ product("1 + daily_return") }} over of_index
            else coalesce(index_before, 1) * {{ product("1 + daily_return") }} over of_index
        end as return_index
    from indexed
    window
        so_far as (partition by user_id order by date_day rows unbounded preceding),
        of_index as (partition by user_id, index_number order by date_day rows unbounded preceding)

),

peaks as (

    select
        *,
        case
            when return_index is not null
                then greatest(1, case when index_number = 0 then peak_before end, max(return_index) over of_index)
        end as peak_index
    from compounded
    window of_index as (partition by user_id, index_number order by date_day rows unbounded preceding)

),

timeseries as (

    select
        peaks.user_id,
        peaks.date_day as as_of_date,
        -- told often, so kept as told: exact, without the zeros that a product's scale has at its end
        trim_scale(peaks.market_value::numeric) as market_value,
        trim_scale(peaks.net_invested::numeric) as net_invested,
        trim_scale(peaks.inflow::numeric) as inflow,
        trim_scale(peaks.outflow::numeric) as outflow,
        trim_scale(peaks.income::numeric) as income,
        trim_scale(peaks.fees::numeric) as fees,
        peaks.daily_return,
        peaks.return_index - 1 as cumulative_return,
        peaks.return_index / peaks.peak_index - 1 as drawdown,
        regime_of_day.regime,
        regime_of_day.phase,
        peaks.is_trading_day,
        peaks.is_stale,
        peaks.return_index,
        peaks.peak_index,
        peaks.log_growth,
        now() as built_at
    from peaks
    cross join last_regime
    {{ join_regime_of("peaks.date_day", "known_on", "regime_of_day") }}

)

select * from timeseries
