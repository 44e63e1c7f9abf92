{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id", "account_id", "currency", "valid_from"],
    indexes=[{"columns": ["user_id", "account_id", "currency", "valid_from"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, account, currency and day on which cash moved, of the same state as the user's series

select * from {{ ref('int_cash_balances') }}
