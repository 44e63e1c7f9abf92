{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id", "ticker", "valid_from"],
    indexes=[{"columns": ["user_id", "ticker", "valid_from"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, ticker and day with trades: the position until the next one, in the same state as the user's series

select * from {{ ref('int_positions') }}
