{{ config(
    indexes=[{"columns": ["user_id", "ticker", "ex_date"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
    post_hook="{{ protect_user_rows() }}",
) }}

-- one row per user, ticker and ex-date of a dividend on what was held at the close before

with intervals as (

    select * from {{ ref('int_position_intervals') }}

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
        intervals.user_id,
        intervals.ticker,
        dividends.ex_date,
        intervals.units * dividends.dividend_per_unit
        * case
            when coalesce(dividends.currency, intervals.currency) = intervals.base_currency then 1
            else fx_rates.rate
        end as income
    from intervals
    inner join portfolios
        on intervals.user_id = portfolios.user_id
    inner join dividends
        on intervals.ticker = dividends.ticker
        and intervals.valid_from < dividends.ex_date
        and intervals.valid_to + 1 >= dividends.ex_date
        and portfolios.as_of_date >= dividends.ex_date
    left join fx_rates
        on intervals.base_currency = fx_rates.base_currency
        and fx_rates.currency = coalesce(dividends.currency, intervals.currency)
        and fx_rates.rate_date = least(dividends.ex_date, intervals.last_rate_date)
    where intervals.units > 0

)

select * from received
