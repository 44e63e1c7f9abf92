{{ config(materialized="stable_view") }}

-- one row per user with settings; a view, because a change to them starts no run of its own

select
    user_id,
    base_currency,
    cost_basis_method,
    benchmark
from {{ source('public', 'portfolio_settings') }}
