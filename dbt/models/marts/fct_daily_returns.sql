{{ config(materialized="view") }}

-- one row per user, ticker and calendar day on which something is held or traded; money in the user's base currency

with intervals as (

    select * from {{ ref('int_position_intervals') }}

),

prices as (

    select * from {{ ref('stg_raw_prices') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

dividends as (

    select * from {{ ref('int_dividends') }}

),

days as (

    select
        intervals.*,
        intervals.valid_from + generate_series(
            0, case when intervals.units > 0 then intervals.valid_to - intervals.valid_from else 0 end
        ) as return_date
    from intervals

),

valued as (

    select
        days.*,
        days.return_date = days.valid_from as has_trades,
        coalesce(prices.bar_date = days.return_date, false) as is_trading_day,
        prices.bar_date is null or days.return_date - prices.bar_date > {{ var('stale_after_days') }} as is_stale,
        {{ value_of("days.units", "days.cost_basis", "prices", "fx_rates", "days") }} as market_value,
        case
            when days.return_date = days.valid_from
                then {{ value_of("days.units_before", "days.cost_before", "prices_before", "rates_before", "days") }}
            else {{ value_of("days.units", "days.cost_basis", "prices_before", "rates_before", "days") }}
        end as value_before,
        case when dividends.ex_date is null then 0 else dividends.income end as income
    from days
    left join prices
        on days.ticker = prices.ticker
        and prices.price_date = least(days.return_date, days.last_price_date)
    left join prices as prices_before
        on days.ticker = prices_before.ticker
        and prices_before.price_date = least(days.return_date - 1, days.last_price_date)
    left join fx_rates
        on days.currency = fx_rates.currency
        and days.base_currency = fx_rates.base_currency
        and fx_rates.rate_date = least(days.return_date, days.last_rate_date)
    left join fx_rates as rates_before
        on days.currency = rates_before.currency
        and days.base_currency = rates_before.base_currency
        and rates_before.rate_date = least(days.return_date - 1, days.last_rate_date)
    left join dividends
        on days.user_id = dividends.user_id
        and days.ticker = dividends.ticker
        and days.return_date = dividends.ex_date

),

flows as (

    select
        user_id,
        ticker,
        return_date,
        is_trading_day,
        is_stale,
        has_trades,
        units = 0 as is_flat,
        has_trades and bought_units > 0 and sold_units > 0 as has_round_trip,
        value_before,
        market_value,
        case when has_trades then bought_amount + purchase_fees else 0 end as inflow,
        case when has_trades then sold_amount - sale_fees else 0 end as outflow,
        income,
        case when has_trades then purchase_fees + sale_fees else 0 end as fees,
        case when has_trades then sale_fees else 0 end as sale_fees,
        case
            when not has_trades then market_value
            when bought_units > 0 then units_before * bought_amount / bought_units
            else units_before * sold_amount / sold_units
        end as value_at_purchases,
        case
            when not has_trades then market_value
            when sold_units > 0 then (units_before + bought_units) * sold_amount / sold_units
            else (units_before + bought_units) * bought_amount / bought_units
        end as value_at_sales
    from valued

),

returns as (

    select
        user_id,
        ticker,
        return_date,
        is_trading_day,
        is_stale,
        has_trades,
        is_flat,
        has_round_trip,
        value_before,
        value_at_purchases,
        value_at_sales,
        market_value,
        inflow,
        outflow,
        income,
        fees,
        sale_fees,
        {{ day_return() }} as daily_return
    from flows

)

select * from returns
