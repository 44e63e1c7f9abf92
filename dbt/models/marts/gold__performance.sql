{{ config(
    indexes=[{"columns": ["user_id"], "unique": true}],
    post_hook="{{ protect_user_rows() }}",
    pre_hook="{{ ensure_functions(['product', 'xirr']) }}",
) }}

-- one row per user with any row in the ledger. The last model of a run: ledger_versions says which state of the ledger
-- every mart holds.
-- depends_on: {{ ref('gold_regime_performance') }}

with portfolios as (

    select * from {{ ref('int_portfolios') }}

),

days as (

    select * from {{ ref('gold_p_timeseries') }}

),

kpis as (

    select * from {{ ref('gold_ticker_kpis') }}

),

regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

prices as (

    select * from {{ ref('stg_raw_prices') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

fx_ranges as (

    select
        currency,
        base_currency,
        max(rate_date) as last_rate_date
    from fx_rates
    group by currency, base_currency

),

trading_days as (

    select
        days.user_id,
        days.as_of_date,
        days.daily_return,
        (1 + coalesce(regimes.risk_free_rate, 0)) ^ (1 / 252.0)::double precision - 1 as risk_free_return,
        regimes.risk_free_series,
        row_number() over (partition by days.user_id order by days.as_of_date) as day_number,
        prices.unit_price::double precision
        * case when price_ranges.currency = portfolios.base_currency then 1 else fx_rates.rate end::double precision
            as benchmark_price
    from days
    inner join portfolios
        on days.user_id = portfolios.user_id
    cross join last_regime
    left join regimes
        on regimes.date_day = least(days.as_of_date, last_regime.date_day)
    left join price_ranges
        on portfolios.benchmark = price_ranges.ticker
    left join prices
        on portfolios.benchmark = prices.ticker
        and prices.price_date = least(days.as_of_date, price_ranges.last_price_date)
        and days.as_of_date - prices.price_date <= {{ var('stale_after_days') }}
    left join fx_ranges
        on price_ranges.currency = fx_ranges.currency
        and portfolios.base_currency = fx_ranges.base_currency
    left join fx_rates
        on price_ranges.currency = fx_rates.currency
        and portfolios.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(days.as_of_date, fx_ranges.last_rate_date)
    where days.is_trading_day

),

compared as (

    select
        *,
        daily_return - risk_free_return as excess_return,
        benchmark_price / lag(benchmark_price) over (partition by user_id order by as_of_date) - 1 as benchmark_return
    from trading_days

),

statistics as (

    select
        user_id,
        count(daily_return) as trading_days,
        stddev_samp(daily_return) * sqrt(252) as volatility,
        avg(excess_return) as mean_excess,
        stddev_samp(excess_return) as deviation_excess,
        sqrt(avg(least(excess_return, 0) ^ 2)) as downside_deviation,
        regr_slope(daily_return, benchmark_return) as beta,
        corr(daily_return, benchmark_return) as correlation,
        {{ product("1 + benchmark_return") }} as benchmark_growth,
        count(*) = count(benchmark_price) as benchmark_is_known,
        {{ product("1 + risk_free_return") }} as risk_free_growth,
        count(*) = count(risk_free_series) as risk_free_is_known,
        max(risk_free_series) as risk_free_series,
        max(daily_return) as best_day,
        min(daily_return) as worst_day
    from compared
    group by user_id

),

flows as (

    select
        user_id,
        {{ whole_sum("inflow") }} as inflow,
        {{ whole_sum("outflow") }} as outflow,
        {{ whole_sum("income") }} as income,
        {{ whole_sum("fees") }} as fees,
        case when count(*) = count(drawdown) then min(drawdown) end as max_drawdown,
        array_agg((outflow + income - inflow)::double precision order by as_of_date) filter (
            where outflow + income <> inflow
        ) as amounts,
        array_agg(as_of_date order by as_of_date) filter (where outflow + income <> inflow) as flow_days
    from days
    group by user_id

),

positions as (

    select
        user_id,
        {{ whole_sum("realized_pnl_average") }} as realized_pnl_average,
        {{ whole_sum("realized_pnl_fifo") }} as realized_pnl_fifo,
        {{ whole_sum("unrealized_pnl_average") }} as unrealized_pnl_average,
        {{ whole_sum("unrealized_pnl_fifo") }} as unrealized_pnl_fifo,
        string_agg(distinct currency, ', ') filter (where market_value is null) as unconverted_currencies
    from kpis
    group by user_id

),

inflation as (

    select
        portfolios.user_id,
        at_end.price_level / at_start.price_level as growth,
        at_end.price_level_series
    from portfolios
    cross join last_regime
    inner join regimes as at_start
        on at_start.date_day = least(portfolios.first_trade_date, last_regime.date_day)
    inner join regimes as at_end
        on at_end.date_day = least(portfolios.as_of_date, last_regime.date_day)

),

assembled as (

    select
        portfolios.*,
        last_regime.date_day as macro_as_of,
        last_day.market_value,
        last_day.drawdown as current_drawdown,
        flows.inflow,
        flows.outflow,
        flows.income,
        flows.fees,
        flows.max_drawdown,
        flows.amounts,
        flows.flow_days,
        positions.unconverted_currencies,
        case portfolios.cost_basis_method
            when 'fifo' then positions.realized_pnl_fifo
            else positions.realized_pnl_average
        end as realized_pnl,
        case portfolios.cost_basis_method
            when 'fifo' then positions.unrealized_pnl_fifo
            else positions.unrealized_pnl_average
        end as unrealized_pnl,
        statistics.trading_days,
        case when statistics.trading_days > 0 then 1 + last_day.cumulative_return end as growth,
        statistics.volatility,
        statistics.mean_excess,
        statistics.deviation_excess,
        statistics.downside_deviation,
        statistics.beta,
        statistics.correlation,
        case when statistics.benchmark_is_known then statistics.benchmark_growth end as benchmark_growth,
        case when statistics.risk_free_is_known then statistics.risk_free_growth end as risk_free_growth,
        statistics.risk_free_series,
        statistics.best_day,
        statistics.worst_day,
        inflation.growth as price_level_growth,
        inflation.price_level_series
    from portfolios
    cross join last_regime
    left join days as last_day
        on portfolios.user_id = last_day.user_id
        and portfolios.as_of_date = last_day.as_of_date
    left join flows
        on portfolios.user_id = flows.user_id
    left join positions
        on portfolios.user_id = positions.user_id
    left join statistics
        on portfolios.user_id = statistics.user_id
    left join inflation
        on portfolios.user_id = inflation.user_id

),

annualised as (

    select
        *,
        {{ annualised("growth", "trading_days") }} as cagr
    from assembled

),

performance as (

    select
        user_id,
        base_currency,
        as_of_date,
        prices_as_of,
        macro_as_of,
        coalesce(market_value, case when as_of_date is null then 0 end)::numeric as market_value,
        coalesce(inflow - outflow, case when as_of_date is null then 0 end)::numeric as net_invested,
        coalesce(market_value + outflow + income - inflow, case when as_of_date is null then 0 end)::numeric
            as total_pnl,
        coalesce(realized_pnl, case when as_of_date is null then 0 end)::numeric as realized_pnl,
        coalesce(unrealized_pnl, case when as_of_date is null then 0 end)::numeric as unrealized_pnl,
        coalesce(income, case when as_of_date is null then 0 end)::numeric as dividends,
        coalesce(fees, case when as_of_date is null then 0 end)::numeric as fees,
        growth - 1 as time_weighted_return,
        case
            when market_value is not null and inflow - outflow - income is not null
                then {{ xirr("amounts || market_value::double precision", "flow_days || as_of_date") }}
        end as money_weighted_return,
        ((market_value + outflow + income - inflow) / nullif(inflow, 0))::double precision as simple_return,
        cagr,
        volatility,
        mean_excess / nullif(deviation_excess, 0) * sqrt(252) as sharpe,
        mean_excess / nullif(downside_deviation, 0) * sqrt(252) as sortino,
        cagr / nullif(abs(max_drawdown), 0) as calmar,
        max_drawdown,
        current_drawdown,
        beta,
        correlation,
        benchmark,
        benchmark_growth - 1 as benchmark_return,
        growth / price_level_growth - 1 as real_return,
        growth - risk_free_growth as excess_return,
        best_day,
        worst_day,
        trading_days::integer as trading_days,
        risk_free_series,
        price_level_series,
        unconverted_currencies
    from annualised

)

select * from performance
