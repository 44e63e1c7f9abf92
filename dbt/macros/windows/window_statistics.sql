{#- CTEs after these: `statistics` of the returns, `flows` of money, and the best and worst weeks and months. -#}
{% macro window_statistics() %}
statistics as (

    select
        user_id,
        time_window,
        count(daily_return) as trading_days,
        count(*) = count(daily_return) as returns_are_known,
        -- a total loss is not compounded with what came after it
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
        {{ whole_sum("days.dividends") }} as dividends,
        {{ whole_sum("days.interest") }} as interest,
        {{ whole_sum("days.fees") }} as fees,
        {{ whole_sum("days.taxes") }} as taxes,
        count(*) = count(days.market_value) as values_are_known,
        -- the closes in the window with a holding and a later close
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

)
{% endmacro %}
