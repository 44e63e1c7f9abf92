{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id", "ticker"],
    indexes=[{"columns": ["user_id", "ticker"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user and ticker ever held, with its valuation on the last day of the series, in the same state as the
-- series

select * from {{ ref('int_closing_prices') }}
