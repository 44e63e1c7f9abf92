{{ config(
    materialized="incremental",
    on_schema_change="append_new_columns",
    incremental_strategy="append",
    full_refresh=false,
    indexes=[{"columns": ["model", "test"], "unique": true}],
) }}

-- one row per model and data test, with its last result. A build creates the table and adds nothing: the rows come from
-- dbt's own results at the end of a run with tests (macros/test_results.sql).

with results as (

    select
        null::text as model,
        null::text as test,
        null::text as status,
        null::integer as failures,
        null::timestamptz as tested_at
    where false

)

select * from results
