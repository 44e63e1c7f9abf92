{{ config(materialized="stable_view") }}

-- one row per ticker, ex-date and action as the source sends it, payments in the major unit of their currency; a view,
-- because the trigger on its source reports a changed action to its readers

with actions as (

    select * from {{ source('bronze', 'raw_corporate_actions') }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

described as (

    select
        actions.ticker,
        actions.ex_date,
        actions.action,
        actions.price_basis,
        case when actions.action in ('split', 'price_adjustment') then actions.value end as ratio,
        case
            when actions.action in ('dividend', 'capital_gain') then actions.value * coalesce(quote_factors.factor, 1)
        end as amount,
        coalesce(quote_factors.currency, upper(actions.currency)) as currency,
        actions.within_dividend
    from actions
    left join quote_factors
        on actions.currency = quote_factors.quoted_currency

)

select * from described
