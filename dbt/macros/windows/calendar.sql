{#- Returns of ISO weeks or calendar months, from the trading days in the window; null if one of them is unknown. Needs
    CTEs time_windows and days. -#}
{% macro calendar_periods(period) -%}
select
        days.user_id,
        time_windows.time_window,
        date_trunc('{{ period }}', days.as_of_date)::date as first_day,
        case when count(*) = count(days.daily_return) then {{ product("1 + days.daily_return") }} - 1 end as period_return
    from time_windows
    inner join days
        on time_windows.user_id = days.user_id
        and days.as_of_date between time_windows.from_date and time_windows.as_of_date
    where days.is_trading_day
    group by days.user_id, time_windows.time_window, date_trunc('{{ period }}', days.as_of_date)
{%- endmacro %}

{#- The highest and the lowest in a group, with their dates; the earliest if there are several. -#}
{% macro best_and_worst(value, date, period) -%}
max({{ value }}) as best_{{ period }},
        (array_agg({{ date }} order by {{ value }} desc, {{ date }}) filter (where {{ value }} is not null))[1]
            as best_{{ period }}_date,
        min({{ value }}) as worst_{{ period }},
        (array_agg({{ date }} order by {{ value }}, {{ date }}) filter (where {{ value }} is not null))[1]
            as worst_{{ period }}_date
{%- endmacro %}
