{{ config(materialized="stable_view") }}

-- one row per user, ticker and calendar day with a holding or a trade; money in the user's base currency

with positions as (

    select * from {{ ref('int_published_positions') }}

),

{{ position_days("positions.valid_from + generate_series(0, positions.valid_to - positions.valid_from)") }}

select * from returns
