-- A sum of which a part is unknown is unknown.
select
    extract(year from ex_date)::integer as year,
    ticker,
    case when count(*) = count(income) then sum(income)::double precision end as amount
from "default".int_published_dividends
where user_id = %(user_id)s
group by 1, 2
order by 1, 2
