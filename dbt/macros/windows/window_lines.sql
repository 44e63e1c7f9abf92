{#- CTEs that end in `lines`: the returns from the close before the requested days to each trading day among them,
    with the benchmark's: nominal, in money of the first day, and over Treasury bills. The first line is for
    that close. Unknown from the first unknown day on; after a total loss the index starts over. -#}
{% macro window_lines() %}
{{ window_sources(["portfolios", "regimes", "compared"]) }},

{{ window_of_days() }},

{{ window_returns() }},

levels as (

    select
        drawdowns.return_date,
        drawdowns.index_number,
        drawdowns.daily_return,
        drawdowns.growth,
        drawdowns.drawdown,
        -- the benchmark moves from its close on the first day
        case
            when drawdowns.is_first_day and drawdowns.benchmark_price is not null then 0
            else drawdowns.benchmark_return
        end as benchmark_return,
        case when drawdowns.risk_free_series is not null then drawdowns.risk_free_return end as risk_free_return,
        case
            when drawdowns.index_number = min(drawdowns.index_number) over () then at_start.price_level
            else first_value(of_day.price_level) over of_index
        end as price_level_before,
        -- the line ends with the level that is known when the window does
        case
            when drawdowns.return_date = max(drawdowns.return_date) over () then at_end.price_level
            else of_day.price_level
        end as price_level
    from drawdowns
    inner join time_windows
        on drawdowns.user_id = time_windows.user_id
    cross join last_regime
    {{ join_regime_of("greatest(time_windows.from_date - 1, time_windows.first_trade_date)", "price_level_known_on", "at_start") }}
    {{ join_regime_of("drawdowns.return_date", "price_level_known_on", "of_day") }}
    {{ join_regime_of("time_windows.as_of_date", "price_level_known_on", "at_end") }}
    window of_index as (partition by drawdowns.index_number order by drawdowns.return_date)

),

grown as (

    select
        return_date,
        {{ growth_if_known("daily_return", "growth") }} as portfolio,
        {{ growth_if_known("benchmark_return", product("1 + benchmark_return") ~ " over so_far") }} as benchmark,
        {{ growth_if_known("risk_free_return", product("1 + risk_free_return") ~ " over so_far") }} as bills,
        {{ growth_if_known("daily_return", "drawdown") }} as drawdown,
        price_level / price_level_before as prices
    from levels
    window so_far as (partition by index_number order by return_date rows unbounded preceding)

),

lines as (

    select
        from_date - 1 as return_date,
        0::double precision as time_weighted_return,
        0::double precision as benchmark_return,
        0::double precision as real_return,
        0::double precision as real_benchmark_return,
        0::double precision as excess_return,
        0::double precision as excess_benchmark_return,
        0::double precision as drawdown
    from time_windows
    union all
    select
        return_date,
        portfolio - 1 as time_weighted_return,
        benchmark - 1 as benchmark_return,
        portfolio / prices - 1 as real_return,
        benchmark / prices - 1 as real_benchmark_return,
        portfolio - bills as excess_return,
        benchmark - bills as excess_benchmark_return,
        drawdown
    from grown

)
{% endmacro %}

{#- What was compounded from a column so far; null from the first day on which it is null. -#}
{% macro growth_if_known(column, compounded) -%}
case when count(*) over so_far = count({{ column }}) over so_far then {{ compounded }} end
{%- endmacro %}
