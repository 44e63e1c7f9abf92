{#- CTEs that end in `drawdowns`: each window's trading days with what they returned and how deep they stood, after a CTE
    time_windows (user_id, time_window, from_date, as_of_date, first_trade_date). -#}
{% macro window_returns() %}
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
        index_number = max(index_number) over (partition by user_id, time_window) as is_in_last_index,
        growth / greatest(1, max(growth) over so_far) - 1 as drawdown
    from compounded
    window so_far as (partition by user_id, time_window, index_number order by return_date rows unbounded preceding)

)
{% endmacro %}
