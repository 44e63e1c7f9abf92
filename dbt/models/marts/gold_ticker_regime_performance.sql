{{ config(materialized="stable_view") }}

-- one row per user, ticker and macro regime or phase with a holding or a trade, as known then

with returns as (

    select * from {{ ref('fct_daily_returns') }}

),

regimes as not materialized (

    select * from {{ ref('fct_macro_regimes') }}

),

last_regime as (

    select max(date_day) as date_day from regimes

),

-- a day with one of the ticker's own bars closes the group of days since the last one, as in gold_p_timeseries
grouped as (

    select
        user_id,
        ticker,
        return_date,
        daily_return,
        is_trading_day or is_flat as closes_group,
        count(*) filter (where is_trading_day or is_flat) over (
            partition by user_id, ticker
            order by return_date
            rows between unbounded preceding and 1 preceding
        ) as return_group
    from returns

),

compounded as (

    select
        user_id,
        ticker,
        return_date,
        closes_group as is_trading_day,
        case
            when closes_group and bool_and(daily_return is not null) over days_of_group
                then {{ product("1 + daily_return") }} over days_of_group - 1
        end as daily_return
    from grouped
    window days_of_group as (partition by user_id, ticker, return_group)

),

labelled as (

    select
        compounded.user_id,
        compounded.ticker,
        compounded.return_date as as_of_date,
        compounded.is_trading_day,
        compounded.daily_return,
        labels.dimension,
        labels.name
    from compounded
    cross join last_regime
    {{ join_regime_of("compounded.return_date", "known_on", "known_then") }}
    cross join lateral (values ('regime', known_then.regime), ('phase', known_then.phase)) as labels (dimension, name)
    where labels.name is not null

),

{{ returns_by_regime("labelled", "user_id, ticker") }}

select * from performance
