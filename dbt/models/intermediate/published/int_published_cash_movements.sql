{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["movement_id"],
    indexes=[{"columns": ["movement_id"], "unique": true}, {"columns": ["user_id"]}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per movement of cash, of the same state as the user's series

select * from {{ ref('int_cash_movements') }}
