{{ config(
    always=true,
    unique_key=["model", "column_name"],
    indexes=[{"columns": ["model", "column_name"], "unique": true}],
) }}

-- one row per model and column shown by the API or the dashboard, described by dbt's own graph. It reads no table, so
-- no DAG builds it: it changes only with the code, and is built when the models are deployed.

with figures as (

    select
        model,
        column_name,
        description,
        inputs
    from {{ rows_of(described_figures(), "model text, column_name text, description text, inputs text[]") }}

)

select * from figures
