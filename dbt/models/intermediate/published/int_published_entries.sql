{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["transaction_id"],
    indexes=[{"columns": ["transaction_id"], "unique": true}, {"columns": ["user_id"]}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per living transaction that is neither a purchase nor a sale, of the same state as the user's series

select * from {{ ref('int_entries') }}
