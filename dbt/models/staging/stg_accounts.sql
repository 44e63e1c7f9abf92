{{ config(materialized="stable_view") }}

-- one row per account; a view, because changing one starts no run of its own

select
    account_id,
    user_id,
    name,
    currency,
    tracks_cash,
    is_closed
from {{ source('public', 'accounts') }}
