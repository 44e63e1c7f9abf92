{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per fetch that its source answered, with news or without: what is silent then has nothing to say

select
    run_id,
    kind,
    subject,
    source,
    started_at,
    finished_at::date as answered_on
from {{ source('bronze', 'ingestion_runs') }}
where outcome in ('loaded', 'unchanged', 'unknown_ticker', 'unknown_series', 'no_data')
