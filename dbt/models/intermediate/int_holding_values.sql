{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_api"]},
) }}

-- one row per user, ticker and calendar day at whose close something is held, and what it is worth in the base currency

with positions as (

    select * from {{ ref('int_published_positions') }}
    where units > 0

),

prices as (

    select * from {{ ref('stg_raw_prices') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

{{ split_factors() }},

days as (

    select
        *,
        valid_from + generate_series(0, valid_to - valid_from) as holding_date,
        currency = base_currency as is_in_base_currency
    from positions

),

valued as (

    select
        days.user_id,
        days.ticker,
        days.holding_date,
        round(days.units * coalesce(factors.split_factor, 1), 8) as quantity,
        days.units,
        days.cost_basis,
        prices.unit_price / coalesce(factors.split_factor, 1) as close,
        {{ value_of("days.units", "days.cost_basis", "prices.unit_price", "fx_rates.rate") }} as market_value,
        prices.bar_date as price_date,
        {{ is_stale("days.holding_date", "prices.bar_date", "fx_rates.bar_date") }} as is_stale,
        days.currency,
        days.base_currency
    from days
    left join prices
        on days.ticker = prices.ticker
        and prices.price_date = least(days.holding_date, days.last_price_date)
    left join factors
        on days.ticker = factors.ticker
        and days.holding_date between factors.valid_from and factors.valid_to
    left join fx_rates
        on days.currency = fx_rates.currency
        and days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(days.holding_date, days.last_rate_date)

)

select * from valued
