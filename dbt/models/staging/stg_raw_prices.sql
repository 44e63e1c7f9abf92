{{ config(materialized="stable_view") }}

-- one row per ticker and bar, in the major unit of its currency; a view, because a changed bar is told to its reader by
-- the trigger on what it reads

with bars as (

    select * from {{ source('bronze', 'raw_prices') }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

prices as (

    select
        bars.ticker,
        bars.price_date as bar_date,
        bars.is_provisional,
        bars.price_basis,
        coalesce(quote_factors.currency, upper(bars.currency)) as currency,
        bars.close * coalesce(quote_factors.factor, 1) as close,
        bars.low * coalesce(quote_factors.factor, 1) as low,
        bars.high * coalesce(quote_factors.factor, 1) as high
    from bars
    left join quote_factors
        on bars.currency = quote_factors.quoted_currency

)

select * from prices
