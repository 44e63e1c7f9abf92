with statistics as (

    select *
    from "default".rolling_statistics(%(user_id)s, %(days)s)
    where
        (%(from_date)s::date is null or return_date >= %(from_date)s)
        and (%(to_date)s::date is null or return_date <= %(to_date)s)
    order by return_date

)

select
    json_build_object(
        'date', coalesce(json_agg(return_date), '[]'),
        'volatility', coalesce(json_agg(volatility), '[]'),
        'sharpe', coalesce(json_agg(sharpe), '[]')
    ) as json
from statistics
