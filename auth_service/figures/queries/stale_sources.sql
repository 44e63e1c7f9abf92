-- What was loaded since then has ended the silence.
select
    sources.name as source,
    failures.failed_at as noticed_at
from bronze.model_failures as failures
inner join (values ('raw_prices', 'prices'), ('raw_fred', 'macro')) as sources (name, kind)
    on failures.model = sources.name
where
    exists (
        select from bronze.transactions as transactions
        where transactions.user_id = %(user_id)s
    )
    and not exists (
        select from bronze.ingestion_runs as runs
        where
            runs.kind = sources.kind
            and runs.outcome = 'loaded'
            and runs.finished_at > failures.failed_at
    )
order by sources.name
