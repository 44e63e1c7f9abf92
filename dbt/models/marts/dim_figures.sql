{{ config(
    always=true,
    unique_key=["model", "column_name"],
    indexes=[{"columns": ["model", "column_name"], "unique": true}],
) }}

-- one row per model and column that the API or the dashboard shows: what dbt's own graph says of it. It reads no table,
-- so no DAG builds it: what it says changes with the code, and it is built when the models are deployed.

with figures as (

    select
        model,
        column_name,
        description,
        inputs
    from {{ rows_of(described_figures(), "model text, column_name text, description text, inputs text[]") }}

)

select * from figures
