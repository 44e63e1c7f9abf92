{{ config(materialized="stable_view", pre_hook="{{ ensure_functions(['product']) }}") }}

-- one row per user, ticker and calendar day on which it is held or traded: what one unit of money in it has become

with returns as (

    select * from {{ ref('fct_daily_returns') }}

),

bounded as (

    select
        user_id,
        ticker,
        return_date,
        {{ within_double("daily_return", "so_far") }} as daily_return
    from returns
    window so_far as (partition by user_id, ticker order by return_date rows unbounded preceding)

),

-- once a return is unknown, so is everything compounded from it
compounded as (

    select
        user_id,
        ticker,
        return_date,
        case
            when bool_and(daily_return is not null) over so_far
                then {{ product("1 + daily_return") }} over so_far
        end as total_return_index
    from bounded
    window so_far as (partition by user_id, ticker order by return_date rows unbounded preceding)

)

select * from compounded
