{{ config(
    scope_key="ticker",
    unique_key=["ticker", "ex_date", "action"],
    rounding={"dividend_per_unit": 1e-5},
    changed={"ticker": "ticker", "from_date": "ex_date"},
    readers={"int_position_intervals": {"when": "action = 'split'"}, "gold_p_timeseries": {}},
    indexes=[{"columns": ["ticker", "ex_date", "action"], "unique": true}],
    grants={"select": ["macrofolio_api"]},
    pre_hook="{{ ensure_functions(['product']) }}",
) }}

-- one row per ticker, ex-date and action: splits with the product of all ratios so far, dividends as money per share
-- held on the ex-date and per inception unit, whichever basis the source gives them on

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
        {{ product("value") }} filter (where action = 'split') over (partition by ticker) as total_split_factor
    from actions

),

actions_per_unit as (

    select
        factors.ticker,
        factors.ex_date,
        factors.action,
        case when factors.action = 'split' then factors.value end as split_ratio,
        factors.split_factor,
        coalesce(quote_factors.currency, upper(factors.currency)) as currency,
        case
            when factors.action = 'dividend' then
                factors.value
                * coalesce(quote_factors.factor, 1)
                * case
                    when factors.price_basis = 'as_traded' then factors.split_factor
                    else factors.total_split_factor
                end
        end as dividend_per_unit
    from factors
    left join quote_factors
        on factors.currency = quote_factors.quoted_currency

)

select * from actions_per_unit
