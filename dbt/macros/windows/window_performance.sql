{#- CTEs after these, which end in `performance`: one row for each window, with every figure of it. -#}
{% macro window_performance() %}
{%- set return_figures = [
    "statistics.max_drawdown", "statistics.deviation", "statistics.mean_excess", "statistics.deviation_excess",
    "statistics.downside_deviation", "statistics.beta", "statistics.correlation", "statistics.win_rate",
    "statistics.best_day", "statistics.best_day_date", "statistics.worst_day", "statistics.worst_day_date",
    "best_weeks.best_week", "best_weeks.best_week_date", "best_weeks.worst_week", "best_weeks.worst_week_date",
    "best_months.best_month", "best_months.best_month_date", "best_months.worst_month",
    "best_months.worst_month_date", "best_months.monthly_win_rate",
] %}
{{ window_sources(["held_positions", "price_ranges", "fx_ranges"]) }},

positions as not materialized (

    select
        held_positions.*,
        greatest(
            coalesce(price_ranges.first_price_date, 'infinity'),
            case
                when held_positions.currency <> held_positions.base_currency
                    then coalesce(fx_ranges.first_rate_date, 'infinity')
            end
        ) as valued_from
    from held_positions
    left join price_ranges
        on held_positions.ticker = price_ranges.ticker
    left join fx_ranges
        on held_positions.currency = fx_ranges.currency
        and held_positions.base_currency = fx_ranges.base_currency

),

joined as (

    select
        time_windows.*,
        portfolios.base_currency,
        portfolios.benchmark,
        case when day_before.user_id is null then 0 else day_before.market_value end as start_value,
        last_day.market_value as end_value,
        flows.inflow,
        flows.outflow,
        flows.income,
        flows.dividends,
        flows.interest,
        flows.fees,
        flows.taxes,
        flows.flow_amounts,
        flows.flow_days,
        -- the close before the window is the first of them
        flows.days_held
        + (day_before.user_id is not null and day_before.market_value is distinct from 0)::integer as days_held,
        statistics.has_weekends,
        statistics.begun_on,
        -- returns are unknown while a holding is valued at cost: which price or rate is missing
        case
            when not statistics.returns_are_known or statistics.user_id is null
                then (
                    select string_agg(distinct positions.ticker, ', ')
                    from positions
                    where positions.user_id = time_windows.user_id
                        and positions.units > 0
                        and positions.valid_from <= time_windows.as_of_date
                        and positions.valid_from < positions.valued_from
                        and least(positions.valid_to, positions.valued_from - 1) >= time_windows.from_date - 1
                )
        end as tickers_without_price,
        case
            when statistics.returns_are_known and flows.values_are_known
                and flows.inflow is not null and flows.outflow is not null and flows.income is not null
                then statistics.growth
        end as growth,
        statistics.trading_days,
        statistics.benchmark_growth,
        statistics.risk_free_growth,
        statistics.risk_free_series,
        at_end.price_level / at_start.price_level as price_level_growth,
        case when at_start.price_level is not null then at_end.price_level_series end as price_level_series,
        -- a part of the days would give figures of another portfolio
        {{ if_known("statistics.returns_are_known", return_figures) }}
    from time_windows
    inner join portfolios
        on time_windows.user_id = portfolios.user_id
    cross join last_regime
    left join days as day_before
        on time_windows.user_id = day_before.user_id
        and day_before.as_of_date = time_windows.from_date - 1
    left join days as last_day
        on time_windows.user_id = last_day.user_id
        and time_windows.as_of_date = last_day.as_of_date
    left join statistics
        on time_windows.user_id = statistics.user_id
        and time_windows.time_window = statistics.time_window
    {{ join_regime_of("greatest(time_windows.from_date - 1, time_windows.first_trade_date, statistics.begun_on)", "price_level_known_on", "at_start") }}
    {{ join_regime_of("time_windows.as_of_date", "price_level_known_on", "at_end") }}
    left join flows
        on time_windows.user_id = flows.user_id
        and time_windows.time_window = flows.time_window
    left join best_weeks
        on time_windows.user_id = best_weeks.user_id
        and time_windows.time_window = best_weeks.time_window
    left join best_months
        on time_windows.user_id = best_months.user_id
        and time_windows.time_window = best_months.time_window

),

dated as (

    select
        *,
        case
            when begun_on is null then days_held
            else (
                select count(*)
                from days
                where days.user_id = joined.user_id
                    and days.as_of_date >= joined.begun_on
                    and days.as_of_date < joined.as_of_date
                    and days.market_value is distinct from 0
            )
        end as days_of_index
    from joined

),

totalled as (

    select
        *,
        end_value + outflow + income - inflow - start_value as total_pnl,
        case when growth is not null then max_drawdown end as known_drawdown,
        {{ annualised("growth", "days_of_index") }} as cagr,
        {{ periods_a_year("trading_days", "days_held", "has_weekends") }} as periods_a_year,
        array[-start_value::double precision] || flow_amounts || end_value::double precision as amounts,
        array[from_date - 1] || flow_days || as_of_date as amount_days
    from dated

),

performance as (

    select
        user_id,
        time_window::text as time_window,
        from_date,
        as_of_date,
        base_currency,
        start_value::numeric as start_value,
        end_value::numeric as end_value,
        inflow::numeric as inflow,
        outflow::numeric as outflow,
        dividends::numeric as dividends,
        interest::numeric as interest,
        fees::numeric as fees,
        taxes::numeric as taxes,
        total_pnl::numeric as total_pnl,
        growth - 1 as time_weighted_return,
        case
            when total_pnl is not null
                then {{ xirr("amounts", "amount_days") }}
        end as money_weighted_return,
        (total_pnl / nullif(start_value + inflow, 0))::double precision as simple_return,
        cagr,
        deviation * sqrt(periods_a_year) as volatility,
        mean_excess / nullif(deviation_excess, 0) * sqrt(periods_a_year) as sharpe,
        mean_excess / nullif(downside_deviation, 0) * sqrt(periods_a_year) as sortino,
        cagr / nullif(abs(known_drawdown), 0) as calmar,
        known_drawdown as max_drawdown,
        beta,
        correlation,
        benchmark,
        benchmark_growth - 1 as benchmark_return,
        growth / price_level_growth - 1 as real_return,
        growth - risk_free_growth as excess_return,
        best_day,
        best_day_date,
        worst_day,
        worst_day_date,
        best_week,
        best_week_date,
        worst_week,
        worst_week_date,
        best_month,
        best_month_date,
        worst_month,
        worst_month_date,
        win_rate,
        monthly_win_rate,
        coalesce(trading_days, 0)::integer as trading_days,
        periods_a_year::integer as periods_a_year,
        risk_free_series,
        price_level_series,
        coalesce(begun_on, from_date) as returns_from,
        tickers_without_price
    from totalled

)
{% endmacro %}
