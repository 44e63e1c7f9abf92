-- A fetch that found the ticker busy says nothing: the one that was under way does.
{present},

wanted as (

    select ticker from present
    where ticker is not null
    union
    select benchmark from public.portfolio_settings
    where user_id = %(user_id)s

)

select
    wanted.ticker,
    newest.finished_at as failed_at,
    newest.outcome
from wanted
inner join lateral (
    select
        runs.finished_at,
        runs.outcome
    from bronze.ingestion_runs as runs
    where
        runs.kind = 'prices'
        and runs.subject = wanted.ticker
        and runs.outcome <> 'busy'
    order by runs.started_at desc
    limit 1
) as newest on true
where newest.outcome not in ('loaded', 'unchanged')
order by wanted.ticker
