-- one row per ticker with prices: where they begin and end

with prices as (

    select * from {{ ref('stg_raw_prices') }}

),

ranges as (

    select
        ticker,
        min(price_date) as first_price_date,
        max(price_date) as last_price_date,
        (array_agg(currency order by price_date desc) filter (where currency is not null))[1] as currency
    from prices
    group by ticker

)

select * from ranges
