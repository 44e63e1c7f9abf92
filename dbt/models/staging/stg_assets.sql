{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ticker, in the major unit of its currency; a view, because the trigger on its source reports a changed
-- currency to its readers

with assets as (

    select * from {{ source('bronze', 'raw_assets') }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

described as (

    select
        assets.ticker,
        assets.name,
        assets.quote_type,
        assets.asset_class,
        assets.sector,
        assets.industry,
        assets.country,
        assets.exchange,
        coalesce(quote_factors.currency, upper(assets.currency)) as currency,
        coalesce(quote_factors.factor, 1) as quote_factor,
        assets.timezone
    from assets
    left join quote_factors
        on assets.currency = quote_factors.quoted_currency

)

select * from described
