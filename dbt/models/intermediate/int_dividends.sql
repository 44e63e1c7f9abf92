{{ config(
    materialized="view",
    grants={"select": ["macrofolio_api"]},
    post_hook="{{ open_schema_to_api() }}",
) }}

-- one row per user, ticker and ex-date of a dividend on what was held at the close before

with positions as (

    select * from {{ ref('int_positions') }}
    where units > 0

),

dividends as (

    select * from {{ ref('stg_corporate_actions') }}
    where action = 'dividend'

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

received as (

    select
        positions.user_id,
        positions.ticker,
        dividends.ex_date,
        positions.units * dividends.dividend_per_unit
        * case
            when coalesce(dividends.currency, positions.currency) = positions.base_currency then 1
            else fx_rates.rate
        end as income
    from positions
    inner join portfolios
        on positions.user_id = portfolios.user_id
    inner join dividends
        on positions.ticker = dividends.ticker
        and positions.valid_from < dividends.ex_date
        and positions.valid_to + 1 >= dividends.ex_date
        and portfolios.as_of_date >= dividends.ex_date
    left join fx_rates
        on positions.base_currency = fx_rates.base_currency
        and fx_rates.currency = coalesce(dividends.currency, positions.currency)
        and fx_rates.rate_date = least(dividends.ex_date, positions.last_rate_date)

)

select * from received
