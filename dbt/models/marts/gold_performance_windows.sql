{{ config(materialized="stable_view") }}

{%- set return_figures = [
    "statistics.max_drawdown", "statistics.deviation", "statistics.mean_excess", "statistics.deviation_excess",
    "statistics.downside_deviation", "statistics.beta", "statistics.correlation", "statistics.win_rate",
    "statistics.best_day", "statistics.best_day_date", "statistics.worst_day", "statistics.worst_day_date",
    "best_weeks.best_week", "best_weeks.best_week_date", "best_weeks.worst_week", "best_weeks.worst_week_date",
    "best_months.best_month", "best_months.best_month_date", "best_months.worst_month",
    "best_months.worst_month_date", "best_months.monthly_win_rate",
] %}

-- one row per user and span of time that ends with the series: all of it, this calendar year, and the last 1, 3, 5
-- and 10 years where the portfolio is that old. Each part is joined by user_id, so that one user's figures read one
-- user's rows.

with portfolios as not materialized (

    select * from {{ ref('int_published_portfolios') }}

),

days as not materialized (

    select * from {{ ref('gold_p_timeseries') }}

),

held_positions as not materialized (

    select * from {{ ref('int_published_positions') }}

),

price_ranges as not materialized (

    select * from {{ ref('int_price_ranges') }}

),

fx_ranges as not materialized (

    select * from {{ ref('int_fx_ranges') }}

),

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

regimes as not materialized (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as not materialized (

    select max(date_day) as date_day from regimes

),

compared as (

    select * from {{ ref('gold_benchmark_returns') }}

),

spans as not materialized (

    select
        portfolios.user_id,
        portfolios.first_trade_date,
        portfolios.as_of_date,
        lengths.time_window,
        case lengths.time_window
            when 'all' then portfolios.first_trade_date
            when 'ytd' then greatest(date_trunc('year', portfolios.as_of_date)::date, portfolios.first_trade_date)
            else (portfolios.as_of_date - make_interval(years => lengths.years))::date + 1
        end as from_date
    from portfolios
    cross join (
        values ('all', null::integer), ('ytd', null), ('1y', 1), ('3y', 3), ('5y', 5), ('10y', 10)
    ) as lengths (time_window, years)

),

time_windows as not materialized (

    select * from spans
    where from_date >= first_trade_date

),

returns as (

    select
        time_windows.time_window,
        compared.*,
        compared.daily_return - compared.risk_free_return as excess_return,
        count(*) filter (where compared.is_first_day) over so_far as index_number
    from time_windows
    inner join compared
        on time_windows.user_id = compared.user_id
        and compared.return_date between time_windows.from_date and time_windows.as_of_date
    window so_far as (
        partition by compared.user_id, time_windows.time_window
        order by compared.return_date
        rows unbounded preceding
    )

),

compounded as (

    select
        *,
        {{ product("1 + daily_return") }} over so_far as growth
    from returns
    window so_far as (partition by user_id, time_window, index_number order by return_date rows unbounded preceding)

),

drawdowns as (

    select
        *,
        growth / greatest(1, max(growth) over so_far) - 1 as drawdown
    from compounded
    window so_far as (partition by user_id, time_window, index_number order by return_date rows unbounded preceding)

),

statistics as (

    select
        user_id,
        time_window,
        count(daily_return) as trading_days,
        count(*) = count(daily_return) as returns_are_known,
        -- what was lost as a whole is not compounded with what came after it
        {{ product("1 + daily_return") }} filter (where is_in_last_index) as growth,
        min(return_date) filter (where is_first_day and follows_a_total_loss and is_in_last_index) as begun_on,
        min(drawdown) as max_drawdown,
        stddev_samp(daily_return) as deviation,
        coalesce(bool_or({{ is_weekend("return_date") }}) filter (where daily_return is not null), false)
            as has_weekends,
        avg(excess_return) as mean_excess,
        stddev_samp(excess_return) as deviation_excess,
        sqrt(avg(least(excess_return, 0) ^ 2)) as downside_deviation,
        regr_slope(daily_return, benchmark_return) filter (where not begins_anew) as beta,
        corr(daily_return, benchmark_return) filter (where not begins_anew) as correlation,
        case
            when
                bool_and(
                    not is_in_last_index
                    or benchmark_return is not null
                    or (is_first_day and benchmark_price is not null)
                )
                then {{ product("1 + benchmark_return") }} filter (where is_in_last_index)
        end as benchmark_growth,
        case
            when bool_and(risk_free_series is not null)
                then {{ product("1 + risk_free_return") }} filter (where is_in_last_index)
        end as risk_free_growth,
        max(risk_free_series) as risk_free_series,
        avg((daily_return > 0)::integer::double precision) as win_rate,
        {{ best_and_worst("daily_return", "return_date", "day") }}
    from drawdowns
    group by user_id, time_window

),

flows as (

    select
        time_windows.user_id,
        time_windows.time_window,
        {{ whole_sum("days.inflow") }} as inflow,
        {{ whole_sum("days.outflow") }} as outflow,
        {{ whole_sum("days.income") }} as income,
        {{ whole_sum("days.fees") }} as fees,
        count(*) = count(days.market_value) as values_are_known,
        -- the closes of the window at which something was held, and that another close follows
        count(*) filter (
            where days.market_value is distinct from 0 and days.as_of_date < time_windows.as_of_date
        ) as days_held,
        array_agg((days.outflow + days.income - days.inflow)::double precision) filter (
            where days.outflow + days.income <> days.inflow
        ) as flow_amounts,
        array_agg(days.as_of_date) filter (where days.outflow + days.income <> days.inflow) as flow_days
    from time_windows
    inner join days
        on time_windows.user_id = days.user_id
        and days.as_of_date between time_windows.from_date and time_windows.as_of_date
    group by time_windows.user_id, time_windows.time_window

),

weeks as (

    {{ calendar_periods("week") }}

),

months as (

    {{ calendar_periods("month") }}

),

best_weeks as (

    select
        user_id,
        time_window,
        {{ best_and_worst("period_return", "first_day", "week") }}
    from weeks
    group by user_id, time_window

),

best_months as (

    select
        user_id,
        time_window,
        avg((period_return > 0)::integer::double precision) as monthly_win_rate,
        {{ best_and_worst("period_return", "first_day", "month") }}
    from months
    group by user_id, time_window

),

joined as (

    select
        portfolios.*,
        time_windows.time_window,
        time_windows.from_date,
        case when day_before.user_id is null then 0 else day_before.market_value end as start_value,
        last_day.market_value as end_value,
        flows.inflow,
        flows.outflow,
        flows.income,
        flows.fees,
        flows.flow_amounts,
        flows.flow_days,
        -- the close before the window is the first of them
        flows.days_held
        + (day_before.user_id is not null and day_before.market_value is distinct from 0)::integer as days_held,
        statistics.has_weekends,
        statistics.begun_on,
        -- returns are not known while a holding stands at its cost: whose price or rate is missing
        case
            when not statistics.returns_are_known or statistics.user_id is null
                then (
                    select string_agg(distinct positions.ticker, ', ')
                    from positions
                    where positions.user_id = time_windows.user_id
                        and positions.units > 0
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
        -- of a part of the days they would be figures of another portfolio
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
    left join regimes as at_start
        on at_start.date_day
        = least(
            greatest(time_windows.from_date - 1, time_windows.first_trade_date, statistics.begun_on),
            last_regime.date_day
        )
        and greatest(time_windows.from_date - 1, time_windows.first_trade_date, statistics.begun_on)
        <= at_start.price_level_known_on + {{ var('macro_known_for_days') }}
    left join regimes as at_end
        on at_end.date_day = least(time_windows.as_of_date, last_regime.date_day)
        and time_windows.as_of_date <= at_end.price_level_known_on + {{ var('macro_known_for_days') }}
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
        income::numeric as dividends,
        fees::numeric as fees,
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

select * from performance
