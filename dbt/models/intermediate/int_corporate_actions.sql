{{ config(
    scope_key="ticker",
    unique_key=["ticker", "ex_date", "action"],
    rounding={"dividend_per_unit": 1e-5, "capital_gain_per_unit": 1e-5},
    changed={"ticker": "ticker", "from_date": "ex_date"},
    readers={"int_position_intervals": {"when": "action = 'split'"}, "gold_p_timeseries": {}},
    indexes=[{"columns": ["ticker", "ex_date", "action"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per ticker, ex-date and action: splits with the product of all ratios so far, and everything paid on a day,
-- dividends and capital gains, as money per inception unit, whatever basis the source uses

with actions as (

    select * from {{ ref('stg_corporate_actions') }}
    where {{ in_scope("ticker") }}

),

factors as (

    select
        *,
        {{ product("ratio") }} filter (where action = 'split')
            over (partition by ticker order by ex_date) as split_factor,
        {{ product("ratio") }} filter (where action = 'split') over (partition by ticker) as total_split_factor,
        {{ product("ratio") }} filter (where action = 'price_adjustment')
            over (partition by ticker order by ex_date) as price_adjustment,
        {{ product("ratio") }} filter (where action = 'price_adjustment')
            over (partition by ticker) as total_price_adjustment,
        bool_or(action = 'dividend') over (partition by ticker, ex_date) as has_dividend
    from actions

),

-- everything paid on one day is paid in one currency
payments as (

    select
        ticker,
        ex_date,
        action,
        split_factor,
        currency,
        amount
        * case
            when price_basis = 'as_traded' then split_factor
            else total_split_factor * total_price_adjustment / price_adjustment
        end as amount_per_unit,
        within_dividend and has_dividend as is_contained
    from factors
    where action in ('dividend', 'capital_gain')

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
        ratio as split_ratio,
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
