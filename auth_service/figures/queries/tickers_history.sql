-- A ticker's days are counted from the newest, and each of so many equal parts gives its newest day. The oldest day is
-- a part of its own.
with days as (

    select
        *,
        (row_number() over newest_first - 1) * (%(points)s - 1)
        / nullif(count(*) over (partition by ticker) - 1, 0) as part
    from "default".gold_ticker_timeseries
    where user_id = %(user_id)s
    window newest_first as (partition by ticker order by return_date desc)

),

chosen as (

    select distinct on (ticker, part)
        ticker,
        return_date,
        total_return_index
    from days
    order by ticker, part, return_date desc

)

select
    ticker,
    json_agg(return_date order by return_date) as date,
    json_agg(total_return_index order by return_date) as total_return_index
from chosen
group by ticker
order by ticker
