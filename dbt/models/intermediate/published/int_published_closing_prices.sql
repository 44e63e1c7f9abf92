{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id", "ticker"],
    indexes=[{"columns": ["user_id", "ticker"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user and ticker ever held: what it is valued by on the last day of the series, of the same state as it

select * from {{ ref('int_closing_prices') }}
