{{ config(materialized="stable_view") }}

-- one row per ticker with prices, with how complete they are. A view: readers of a few tickers count only their bars,
-- and no refresh waits for the count.

with prices as (

    select * from {{ ref('int_daily_prices') }}

),

actions as not materialized (

    select * from {{ ref('int_corporate_actions') }}

),

histories as (

    select
        ticker,
        min(price_date) as first_bar,
        max(price_date) as last_bar,
        count(*) filter (where is_trading_day) as bars,
        -- a day on which the last price turns stale occurs once in every gap
        count(*) filter (where price_date - bar_date = {{ var('stale_after_days') }} + 1) as gaps
    from prices
    group by ticker

),

coverage as (

    select
        histories.ticker,
        histories.first_bar,
        histories.last_bar,
        histories.bars::integer as bars,
        histories.gaps::integer as gaps,
        counted.splits::integer as splits,
        counted.dividends::integer as dividends,
        {{ stale_from('histories.last_bar') }} as stale_from
    from histories
    cross join lateral (
        select
            count(*) filter (where actions.action = 'split') as splits,
            count(*) filter (where actions.action = 'dividend') as dividends
        from actions
        where actions.ticker = histories.ticker
    ) as counted

)

select * from coverage
