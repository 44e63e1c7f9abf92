with days as (

    select * from {{ ref('gold_p_timeseries') }}

),

compounded as (

    select
        user_id,
        {{ product("1 + daily_return order by as_of_date") }} - 1 as product_of_returns,
        (array_agg(cumulative_return order by as_of_date desc))[1] as cumulative_return,
        count(*) = count(cumulative_return) as is_known
    from days
    group by user_id

)

select *
from compounded
where is_known
    and abs(product_of_returns - cumulative_return) > 1e-9 * (1 + abs(cumulative_return))
