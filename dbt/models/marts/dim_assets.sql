{{ config(materialized="stable_view") }}

-- one row per ticker

select
    ticker,
    name,
    quote_type,
    asset_class,
    sector,
    industry,
    country,
    exchange,
    currency,
    quote_factor::numeric as quote_factor,
    timezone
from {{ ref('stg_assets') }}
