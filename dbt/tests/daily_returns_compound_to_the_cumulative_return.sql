with days as (

    select
        *,
        count(*) filter (where daily_return = -1) over (
            partition by user_id order by as_of_date rows between unbounded preceding and 1 preceding
        ) as losses_before
    from {{ ref('gold_p_timeseries') }}

),

-- after a total loss the index starts over with the next return
last_index as (

    select
        user_id,
        max(losses_before) as losses_before
    from days
    where daily_return is not null
    group by user_id

),

compounded as (

    select
        days.user_id,
        {{ product("1 + days.daily_return order by days.as_of_date") }}
            filter (where days.losses_before = last_index.losses_before) - 1 as product_of_returns,
        (array_agg(days.cumulative_return order by days.as_of_date desc))[1] as cumulative_return,
        count(*) = count(days.cumulative_return) as is_known
    from days
    inner join last_index
        on days.user_id = last_index.user_id
    group by days.user_id

)

select *
from compounded
where is_known
    and abs(product_of_returns - cumulative_return) > 1e-9 * (1 + abs(cumulative_return))
