{{ config(materialized="stable_view") }}

-- one row per user and macro regime or phase the portfolio lived through, as known then

-- time without holdings doesn't count as days of a regime
with days as (

    select * from {{ ref('gold_p_timeseries') }}
    where is_trading_day
        or market_value is distinct from 0
        or inflow is distinct from 0
        or outflow is distinct from 0

),

labelled as (

    select
        days.user_id,
        days.as_of_date,
        days.is_trading_day,
        days.daily_return,
        labels.dimension,
        labels.name
    from days
    cross join lateral (values ('regime', days.regime), ('phase', days.phase)) as labels (dimension, name)
    where labels.name is not null

),

{{ returns_by_regime("labelled", "user_id") }}

select * from performance
