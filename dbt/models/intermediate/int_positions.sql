{{ config(materialized="stable_view") }}

-- one row per interval of int_position_intervals, with the data that values its days: the listing's currency, and until
-- when it has prices and exchange rates

with intervals as (

    select * from {{ ref('int_position_intervals') }}

),

portfolios as (

    select * from {{ ref('int_portfolios') }}

),

assets as (

    select * from {{ ref('stg_assets') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

fx_ranges as (

    select * from {{ ref('int_fx_ranges') }}

),

listed as (

    select
        intervals.*,
        coalesce(price_ranges.currency, assets.currency, intervals.trade_currency) as currency,
        price_ranges.last_price_date
    from intervals
    left join price_ranges
        on intervals.ticker = price_ranges.ticker
    left join assets
        on intervals.ticker = assets.ticker

),

bounded as (

    select
        listed.*,
        -- a closed position has no days after its last sale
        case when listed.units > 0 then coalesce(listed.valid_to, portfolios.as_of_date) else listed.valid_from end
            as last_day,
        fx_ranges.last_rate_date
    from listed
    inner join portfolios
        on listed.user_id = portfolios.user_id
    left join fx_ranges
        on listed.currency = fx_ranges.currency
        and listed.base_currency = fx_ranges.base_currency

),

-- no later than the interval, so that a new day's price changes nothing about earlier holdings
positions as (

    select
        user_id,
        ticker,
        valid_from,
        last_day as valid_to,
        opened_on,
        units,
        cost_basis,
        realized_pnl,
        units_before,
        cost_before,
        bought_units,
        sold_units,
        bought_amount,
        sold_amount,
        purchase_fees,
        sale_fees,
        purchase_taxes,
        sale_taxes,
        sells_first,
        external_bought_units,
        external_sold_units,
        external_bought_amount,
        external_sold_amount,
        external_purchase_costs,
        external_sale_costs,
        external_sells_first,
        deposited_amount,
        withdrawn_amount,
        is_reopened,
        currency,
        base_currency,
        least(last_price_date, case when last_price_date is not null then last_day end) as last_price_date,
        least(last_rate_date, case when last_rate_date is not null then last_day end) as last_rate_date
    from bounded

)

select * from positions
