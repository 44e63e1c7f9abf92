{{ config(materialized="stable_view") }}

-- one row per series that an indicator may use, with its newest known value

with sources as (

    select * from {{ ref('indicator_sources') }}

),

observations as not materialized (

    select * from {{ ref('stg_fred_macro') }}

),

last_regime as (

    select max(date_day) as date_day from {{ ref('fct_macro_regimes') }}

),

wanted as (

    select
        series_id,
        string_agg(distinct indicator, ', ' order by indicator) as indicator
    from sources
    group by series_id

),

series as (

    select
        wanted.series_id,
        wanted.indicator,
        newest.observation_date as last_observation,
        published.published_on,
        newest.realtime_start as known_on,
        newest.value,
        newest.realtime_start is null
        or last_regime.date_day > newest.realtime_start + {{ var('macro_known_for_days') }} as is_stale
    from wanted
    cross join last_regime
    left join lateral (
        select
            observations.observation_date,
            observations.realtime_start,
            observations.value
        from observations
        where observations.series_id = wanted.series_id
        order by observations.observation_date desc, observations.realtime_start desc
        limit 1
    ) as newest on true
    left join lateral (
        select min(observations.realtime_start) as published_on
        from observations
        where observations.series_id = wanted.series_id
            and observations.observation_date = newest.observation_date
    ) as published on true

)

select
    series_id::text as series_id,
    indicator::text as indicator,
    last_observation,
    published_on,
    known_on,
    value,
    is_stale
from series
