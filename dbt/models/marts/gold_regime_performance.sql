{{ config(materialized="stable_view", pre_hook="{{ ensure_functions(['product']) }}") }}

-- one row per user and macro regime or phase the portfolio lived through, as known then

with days as (

    select * from {{ ref('gold_p_timeseries') }}

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
