{{ config(
    indexes=[{"columns": ["user_id", "dimension", "name"], "unique": true}],
    post_hook="{{ protect_user_rows() }}",
    pre_hook="{{ ensure_functions(['product']) }}",
) }}

-- one row per user and macro regime or phase the portfolio lived through, as known then

with days as (

    select * from {{ ref('gold_p_timeseries') }}

),

labelled as (

    select
        user_id,
        as_of_date,
        daily_return,
        'regime' as dimension,
        regime as name
    from days
    union all
    select
        user_id,
        as_of_date,
        daily_return,
        'phase' as dimension,
        phase as name
    from days

),

bounded as (

    select
        user_id,
        as_of_date,
        dimension,
        name,
        {{ within_double("daily_return", "so_far") }} as daily_return
    from labelled
    where name is not null
    window so_far as (partition by user_id, dimension, name order by as_of_date rows unbounded preceding)

),

compounded as (

    select
        *,
        {{ product("1 + daily_return") }} over so_far as growth
    from bounded
    window so_far as (partition by user_id, dimension, name order by as_of_date rows unbounded preceding)

),

drawdowns as (

    select
        *,
        growth / greatest(1, max(growth) over so_far) - 1 as drawdown
    from compounded
    window so_far as (partition by user_id, dimension, name order by as_of_date rows unbounded preceding)

),

summed as (

    select
        user_id,
        dimension,
        name,
        count(*) as days,
        count(daily_return) as trading_days,
        (array_agg(growth order by as_of_date desc))[1] as growth,
        stddev_samp(daily_return) * sqrt(252) as volatility,
        min(drawdown) as max_drawdown,
        avg((daily_return > 0)::integer::double precision) as hit_rate
    from drawdowns
    group by user_id, dimension, name

),

performance as (

    select
        user_id,
        dimension::text as dimension,
        name::text as name,
        days::integer as days,
        trading_days::integer as trading_days,
        case when trading_days > 0 then growth - 1 end as total_return,
        {{ annualised("growth", "trading_days") }} as annualised_return,
        volatility,
        max_drawdown,
        hit_rate
    from summed

)

select * from performance
