{{ config(materialized="stable_view") }}

-- one row per user, ticker and calendar day with a holding or a trade; money in the user's base currency

with positions as (

    select * from {{ ref('int_published_positions') }}

),

dividends as (

    select * from {{ ref('int_published_dividends') }}

),

incomes as (

    select
        user_id,
        ticker,
        ex_date as return_date,
        {{ whole_sum("income - taxes - fees") }} as income
    from dividends
    group by user_id, ticker, ex_date

),

{{ position_days(
    "positions.valid_from + generate_series(0, positions.valid_to - positions.valid_from)", incomes="incomes"
) }}

select * from returns
