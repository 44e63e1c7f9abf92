{{ config(
    materialized="scoped",
    scope_key="ticker",
    unique_key=["ticker"],
    changed={"ticker": "ticker", "from_date": "last_price_date + 1"},
    readers={"int_portfolios": "true", "gold_p_timeseries": "true"},
    indexes=[{"columns": ["ticker"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
) }}

-- one row per ticker with prices: where they begin and end

with prices as (

    select * from {{ ref('stg_raw_prices') }}
    where {{ in_scope("ticker") }}

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
