{{ config(
    materialized="published",
    publisher="gold_p_timeseries",
    scope_key="user_id",
    unique_key=["user_id", "ticker", "ex_date", "is_recorded", "currency"],
    indexes=[{"columns": ["user_id", "ticker", "ex_date", "is_recorded", "currency"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, ticker and ex-date of a dividend received, in the same state as the user's series

select * from {{ ref('int_dividends') }}
