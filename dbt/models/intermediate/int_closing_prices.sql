{{ config(materialized="stable_view") }}

-- one row per user and ticker ever held, with its valuation on the last day of the series

with positions as (

    select * from {{ ref('int_positions') }}

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

prices as (

    select * from {{ ref('int_daily_prices') }}

),

splits as (

    select * from {{ ref('int_corporate_actions') }}
    where action = 'split'

),

fx_rates as not materialized (

    select * from {{ ref('int_fx_rates') }}

),

last_positions as not materialized (

    select distinct on (user_id, ticker) *
    from positions
    order by user_id, ticker, valid_from desc

),

closing_prices as (

    select
        last_positions.user_id,
        last_positions.ticker,
        portfolios.as_of_date,
        prices.unit_price,
        prices.bar_date,
        fx_rates.rate,
        fx_rates.bar_date as rate_bar_date,
        coalesce(split.split_factor, 1) as split_factor
    from last_positions
    inner join portfolios
        on last_positions.user_id = portfolios.user_id
    left join prices
        on last_positions.ticker = prices.ticker
        and prices.price_date = least(portfolios.as_of_date, last_positions.last_price_date)
    left join fx_rates
        on last_positions.currency = fx_rates.currency
        and last_positions.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(portfolios.as_of_date, last_positions.last_rate_date)
    {{ join_split_as_of("last_positions.ticker", "portfolios.as_of_date") }}

)

select * from closing_prices
