with days as (

    select
        as_of_date,
        {columns}
    from "default".gold_p_timeseries
    where
        user_id = %(user_id)s
        and (%(from_date)s::date is null or as_of_date >= %(from_date)s)
        and (%(to_date)s::date is null or as_of_date <= %(to_date)s)
    order by as_of_date

)

select json_build_object('date', coalesce(json_agg(as_of_date), '[]'), {documents}) as json
from days
