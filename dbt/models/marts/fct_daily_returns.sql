{{ config(materialized="view") }}

-- one row per user, ticker and calendar day on which something is held or traded; money in the user's base currency

with positions as (

    select
        *,
        valid_from as first_day,
        valid_to as last_day
    from {{ ref('int_positions') }}

),

{{ position_days() }}

select * from returns
