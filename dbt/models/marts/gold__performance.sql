{{ config(materialized="stable_view") }}

-- one row per user with a current transaction: the statistics of the whole series, and the portfolio's value today

with portfolios as (

    select * from {{ ref('int_published_portfolios') }}

),

whole_series as (

    select * from {{ ref('gold_performance_windows') }}
    where time_window = 'all'

),

days as (

    select * from {{ ref('gold_p_timeseries') }}

),

kpis as (

    select * from {{ ref('gold_ticker_kpis') }}

),

last_regime as (

    select max(date_day) as date_day from {{ ref('fct_macro_regimes') }}

),

balances as (

    select * from {{ ref('int_published_cash_balances') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- what exchange rates did to cash: what it is worth, less what it was worth when it moved
cash_moved as (

    select
        balances.user_id,
        {{ whole_sum("balances.moved * rate.rate") }} as cash_moved
    from balances
    -- noqa: disable=ST05
    cross join lateral {{ rate_on("balances.currency", "balances.base_currency", "balances.valid_from") }} as rate
    -- noqa: enable=ST05
    group by balances.user_id

),

positions as (

    select
        user_id,
        {{ whole_sum("realized_pnl_average") }} as realized_pnl_average,
        {{ whole_sum("realized_pnl_fifo") }} as realized_pnl_fifo,
        {{ whole_sum("unrealized_pnl_average") }} as unrealized_pnl_average,
        {{ whole_sum("unrealized_pnl_fifo") }} as unrealized_pnl_fifo,
        {{ whole_sum("fees_of_trades") }} as fees_of_trades,
        sum(trades_without_rate) as trades_without_rate,
        string_agg(unconverted_currencies, ', ') as unconverted_currencies
    from kpis
    group by user_id

),

performance as (

    select
        portfolios.user_id,
        portfolios.base_currency,
        portfolios.as_of_date,
        portfolios.prices_as_of,
        last_regime.date_day as macro_as_of,
        whole_series.end_value as market_value,
        (whole_series.inflow - whole_series.outflow)::numeric as net_invested,
        whole_series.total_pnl,
        days.cash,
        days.contributions,
        case
            when positions.user_id is null then 0
            when portfolios.cost_basis_method = 'fifo' then positions.realized_pnl_fifo
            else positions.realized_pnl_average
        end::numeric as realized_pnl,
        case
            when positions.user_id is null then 0
            when portfolios.cost_basis_method = 'fifo' then positions.unrealized_pnl_fifo
            else positions.unrealized_pnl_average
        end::numeric as unrealized_pnl,
        whole_series.dividends,
        whole_series.interest,
        whole_series.fees,
        (whole_series.fees - case when positions.user_id is null then 0 else positions.fees_of_trades end)::numeric
            as other_fees,
        whole_series.taxes,
        (days.cash - case when cash_moved.user_id is null then 0 else cash_moved.cash_moved end)::numeric
            as cash_currency_effect,
        whole_series.time_weighted_return,
        whole_series.money_weighted_return,
        whole_series.simple_return,
        whole_series.cagr,
        whole_series.volatility,
        whole_series.sharpe,
        whole_series.sortino,
        whole_series.calmar,
        whole_series.max_drawdown,
        days.drawdown as current_drawdown,
        whole_series.beta,
        whole_series.correlation,
        whole_series.benchmark,
        whole_series.benchmark_return,
        whole_series.real_return,
        whole_series.excess_return,
        whole_series.best_day,
        whole_series.best_day_date,
        whole_series.worst_day,
        whole_series.worst_day_date,
        whole_series.best_week,
        whole_series.best_week_date,
        whole_series.worst_week,
        whole_series.worst_week_date,
        whole_series.best_month,
        whole_series.best_month_date,
        whole_series.worst_month,
        whole_series.worst_month_date,
        whole_series.win_rate,
        whole_series.monthly_win_rate,
        whole_series.trading_days,
        whole_series.periods_a_year,
        whole_series.risk_free_series,
        whole_series.price_level_series,
        whole_series.returns_from,
        whole_series.tickers_without_price,
        coalesce(positions.trades_without_rate, 0)::integer as trades_without_rate,
        {{ distinct_names("positions.unconverted_currencies") }} as unconverted_currencies
    from portfolios
    cross join last_regime
    inner join whole_series
        on portfolios.user_id = whole_series.user_id
    left join positions
        on portfolios.user_id = positions.user_id
    left join cash_moved
        on portfolios.user_id = cash_moved.user_id
    left join days
        on portfolios.user_id = days.user_id
        and portfolios.as_of_date = days.as_of_date

)

select * from performance
