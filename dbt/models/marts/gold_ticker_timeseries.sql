{{ config(materialized="stable_view") }}

-- one row per user, ticker and calendar day with a holding or a trade: the value of one unit of money invested in it

with returns as (

    select * from {{ ref('fct_daily_returns') }}

),

bounded as (

    select
        user_id,
        ticker,
        return_date,
        stands_at_cost,
        {{ within_double("daily_return", "so_far") }} as daily_return,
        -- a total loss ends the index, and the next money begins another one
        count(*) filter (where daily_return = -1) over days_before as index_number
    from returns
    window
        so_far as (partition by user_id, ticker order by return_date rows unbounded preceding),
        days_before as (
            partition by user_id, ticker order by return_date rows between unbounded preceding and 1 preceding
        )

),

-- Before its first price a holding has no return, and its index begins with the first known return. Once another return
-- is unknown, so is everything compounded from it.
compounded as (

    select
        user_id,
        ticker,
        return_date,
        case
            when not stands_at_cost and bool_and(daily_return is not null or stands_at_cost) over so_far
                then {{ product("1 + daily_return") }} over of_index
        end as total_return_index
    from bounded
    window
        so_far as (partition by user_id, ticker order by return_date rows unbounded preceding),
        of_index as (partition by user_id, ticker, index_number order by return_date rows unbounded preceding)

)

select * from compounded
