{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, account, currency and calendar day since cash first moved there: the balance at its end

with balances as (

    select * from {{ ref('int_published_cash_balances') }}

),

days as (

    select
        user_id,
        account_id,
        currency,
        valid_from + generate_series(0, valid_to - valid_from) as date_day,
        balance
    from balances

)

select * from days
