{{ config(
    scope_key="ticker",
    unique_key=["ticker", "ex_date", "action"],
    rounding={"dividend_per_unit": 1e-5, "capital_gain_per_unit": 1e-5},
    changed={"ticker": "ticker", "from_date": "ex_date"},
    readers={"int_position_intervals": {"when": "action = 'split'"}, "gold_p_timeseries": {}},
    indexes=[{"columns": ["ticker", "ex_date", "action"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
    pre_hook="{{ ensure_functions(['product']) }}",
) }}

-- one row per ticker, ex-date and action: splits with the product of all ratios so far, and all that is paid on a day,
-- dividends and capital gains, as money per inception unit, whichever basis the source gives it on

with actions as (

    select * from {{ source('bronze', 'raw_corporate_actions') }}
    where {{ in_scope("ticker") }}

),

quote_factors as (

    select * from {{ ref('quote_factors') }}

),

factors as (

    select
        *,
        {{ product("value") }} filter (where action = 'split')
            over (partition by ticker order by ex_date) as split_factor,
        {{ product("value") }} filter (where action = 'split') over (partition by ticker) as total_split_factor,
        {{ product("value") }} filter (where action = 'price_adjustment')
            over (partition by ticker order by ex_date) as price_adjustment,
        {{ product("value") }} filter (where action = 'price_adjustment')
            over (partition by ticker) as total_price_adjustment,
        bool_or(action = 'dividend') over (partition by ticker, ex_date) as has_dividend
    from actions

),

-- all that is paid on one day is paid in one currency
payments as (

    select
        factors.ticker,
        factors.ex_date,
        factors.action,
        factors.split_factor,
        coalesce(quote_factors.currency, upper(factors.currency)) as currency,
        factors.value
        * coalesce(quote_factors.factor, 1)
        * case
            when factors.price_basis = 'as_traded' then factors.split_factor
            else factors.total_split_factor * factors.total_price_adjustment / factors.price_adjustment
        end as amount_per_unit,
        factors.within_dividend and factors.has_dividend as is_contained
    from factors
    left join quote_factors
        on factors.currency = quote_factors.quoted_currency
    where factors.action in ('dividend', 'capital_gain')

),

distributions as (

    select
        ticker,
        ex_date,
        'dividend' as action,
        null::numeric as split_ratio,
        min(split_factor) as split_factor,
        min(currency) as currency,
        sum(amount_per_unit) filter (where not is_contained) as dividend_per_unit,
        coalesce(sum(amount_per_unit) filter (where action = 'capital_gain'), 0) as capital_gain_per_unit
    from payments
    group by ticker, ex_date

),

splits as (

    select
        ticker,
        ex_date,
        action,
        value as split_ratio,
        split_factor,
        null::text as currency,
        null::numeric as dividend_per_unit,
        null::numeric as capital_gain_per_unit
    from factors
    where action = 'split'

),

actions_per_unit as (

    select * from distributions
    union all
    select * from splits

)

select * from actions_per_unit
