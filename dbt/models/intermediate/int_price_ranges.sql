{{ config(
    scope_key="ticker",
    unique_key=["ticker"],
    changed={"ticker": "ticker", "from_date": "last_price_date + 1"},
    readers={"gold_p_timeseries": {"columns": ["last_price_date", "currency"]}},
    indexes=[{"columns": ["ticker"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ticker with prices, with their first and last day

with scope as (

    select ticker from {{ scope() }}

),

prices as not materialized (

    select * from {{ ref('int_daily_prices') }}

),

-- both ends come from the index, without reading the history
ranges as (

    select
        scope.ticker,
        earliest.price_date as first_price_date,
        latest.price_date as last_price_date,
        latest.currency
    from scope
    inner join lateral (
        select prices.price_date from prices
        where prices.ticker = scope.ticker
        order by prices.price_date
        limit 1
    ) as earliest on true
    inner join lateral (
        select
            prices.price_date,
            prices.currency
        from prices
        where prices.ticker = scope.ticker
        order by prices.price_date desc
        limit 1
    ) as latest on true

)

select * from ranges
