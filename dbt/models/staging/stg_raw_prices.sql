{{ config(materialized="stable_view") }}

-- one row per ticker and bar, in the major unit of its currency and on the same basis for every source; a view, because
-- the trigger on its source reports a changed bar to its reader

with raw_prices as (

    select * from {{ source('bronze', 'raw_prices') }}

),

actions as (

    select * from {{ source('bronze', 'raw_corporate_actions') }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

splits as (

    select
        ticker,
        ex_date,
        {{ product("value") }} over (partition by ticker order by ex_date) as split_factor,
        {{ product("value") }} over (partition by ticker) as total_split_factor,
        lead(ex_date, 1, 'infinity'::date) over (partition by ticker order by ex_date) as next_ex_date
    from actions
    where action = 'split'

),

totals as (

    select distinct
        ticker,
        total_split_factor
    from splits

),

-- later price adjustments that don't change the count, such as spin-offs, are in the closes of a split-adjusted source
price_adjustments as (

    select
        ticker,
        ex_date,
        {{ product("value") }} over (partition by ticker order by ex_date desc) as factor,
        lag(ex_date, 1, '-infinity'::date) over (partition by ticker order by ex_date) as previous_ex_date
    from actions
    where action = 'price_adjustment'

),

bars as (

    select
        raw_prices.*,
        coalesce(quote_factors.currency, upper(raw_prices.currency)) as major_currency,
        coalesce(splits.split_factor, 1) as split_factor,
        coalesce(quote_factors.factor, 1)
        * case
            when raw_prices.price_basis = 'as_traded' then coalesce(splits.split_factor, 1)
            else coalesce(totals.total_split_factor, 1) * coalesce(price_adjustments.factor, 1)
        end as scale
    from raw_prices
    left join splits
        on raw_prices.ticker = splits.ticker
        and raw_prices.price_date >= splits.ex_date
        and raw_prices.price_date < splits.next_ex_date
    left join totals
        on raw_prices.ticker = totals.ticker
    left join price_adjustments
        on raw_prices.ticker = price_adjustments.ticker
        and raw_prices.price_date < price_adjustments.ex_date
        and raw_prices.price_date >= price_adjustments.previous_ex_date
    left join quote_factors
        on raw_prices.currency = quote_factors.quoted_currency

),

-- the value of one inception unit, which was one share before all known splits
unit_prices as (

    select
        ticker,
        price_date,
        is_provisional,
        price_basis,
        major_currency as currency,
        close * scale as unit_price,
        low * scale as unit_low,
        high * scale as unit_high,
        close * scale / split_factor as close,
        low * scale / split_factor as low,
        high * scale / split_factor as high
    from bars

)

select * from unit_prices
