-- A fetch that found the subject busy says nothing: the one that was under way does.
select
    json_build_object(
        'finished_at', runs.finished_at, 'outcome', runs.outcome, 'reason', %(reasons)s::jsonb ->> runs.outcome
    )
from bronze.ingestion_runs as runs
where
    runs.kind = %(kind)s
    and runs.subject = wanted.subject -- noqa: RF01
    and runs.outcome <> 'busy'
order by runs.started_at desc
limit 1
