{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id"],
    indexes=[{"columns": ["user_id"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user with a current transaction, in the same state as the user's series

select * from {{ ref('int_portfolios') }}
