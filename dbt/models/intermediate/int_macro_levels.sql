{{ config(always=true) }}

-- one row per named level and span of days in which it was the latest known one, from its best available series

with sources as (

    select * from {{ ref('indicator_sources') }}
    where transformation = 'latest'

),

observations as (

    select * from {{ ref('stg_fred_macro') }}

),

chosen as (

    select distinct on (sources.indicator)
        sources.indicator,
        sources.series_id
    from sources
    where sources.series_id in (select observations.series_id from observations)
    order by sources.indicator, sources.priority

),

newest as (

    select
        chosen.indicator,
        observations.series_id,
        observations.realtime_start,
        observations.value,
        observations.observation_date,
        max(observations.observation_date)
            over (partition by observations.series_id order by observations.realtime_start) as newest_observation
    from observations
    inner join chosen
        on observations.series_id = chosen.series_id

),

known as (

    select
        indicator,
        series_id,
        observation_date,
        realtime_start as valid_from,
        lead(realtime_start) over (partition by indicator order by realtime_start) - 1 as next_valid_to,
        value
    from newest
    where observation_date = newest_observation

),

levels as (

    select
        indicator,
        series_id,
        observation_date,
        valid_from,
        least(next_valid_to, valid_from + {{ var('macro_known_for_days') }}) as valid_to,
        value
    from known

)

select * from levels
