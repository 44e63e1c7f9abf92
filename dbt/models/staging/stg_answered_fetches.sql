{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per fetch that its source answered, with or without news: a subject silent then has nothing new

select
    run_id,
    kind,
    subject,
    source,
    started_at,
    finished_at::date as answered_on
from {{ source('bronze', 'ingestion_runs') }}
where outcome in ('loaded', 'unchanged', 'unknown_ticker', 'unknown_series', 'no_data')
