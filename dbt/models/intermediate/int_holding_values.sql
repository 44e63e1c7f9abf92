{{ config(
    materialized="stable_view",
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per user, ticker and calendar day with a holding at the close, with its value in the base currency

with positions as (

    select * from {{ ref('int_published_positions') }}
    where units > 0

),

prices as (

    select * from {{ ref('int_daily_prices') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

closing_prices as (

    select * from {{ ref('int_published_closing_prices') }}

),

{{ split_factors() }},

days as (

    select
        *,
        valid_from + generate_series(0, valid_to - valid_from) as holding_date,
        currency = base_currency as is_in_base_currency
    from positions

),

-- the last day stays as the series has it, whatever has been fetched since
priced as (

    select
        days.*,
        case when closing_prices.user_id is null then prices.unit_price else closing_prices.unit_price end
            as unit_price,
        case when closing_prices.user_id is null then prices.bar_date else closing_prices.bar_date end as bar_date,
        case when closing_prices.user_id is null then fx_rates.rate else closing_prices.rate end as rate,
        case when closing_prices.user_id is null then fx_rates.bar_date else closing_prices.rate_bar_date end
            as rate_bar_date
    from days
    left join closing_prices
        on days.user_id = closing_prices.user_id
        and days.ticker = closing_prices.ticker
        and days.holding_date = closing_prices.as_of_date
    left join prices
        on days.ticker = prices.ticker
        and prices.price_date = least(days.holding_date, days.last_price_date)
    left join fx_rates
        on days.currency = fx_rates.currency
        and days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(days.holding_date, days.last_rate_date)

),

valued as (

    select
        days.user_id,
        days.ticker,
        days.holding_date,
        round(days.units * coalesce(factors.split_factor, 1), 8) as quantity,
        days.units,
        days.cost_basis,
        days.unit_price / coalesce(factors.split_factor, 1) as close,
        {{ value_of("days.units", "days.cost_basis", "days.unit_price", "days.rate") }} as market_value,
        days.bar_date as price_date,
        {{ is_stale("days.holding_date", "days.bar_date", "days.rate_bar_date") }} as is_stale,
        days.currency,
        days.base_currency
    from priced as days
    left join factors
        on days.ticker = factors.ticker
        and days.holding_date between factors.valid_from and factors.valid_to
)

select * from valued
