{{ config(materialized="stable_view") }}

-- one row per ticker or macro series with values: since when nothing new has come, and whether that is far longer than
-- usual. A view: readers of a few of them read only their latest values.

with fetches as (

    select * from {{ ref('stg_answered_fetches') }}

),

prices as not materialized (

    select * from {{ ref('int_daily_prices') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

observations as not materialized (

    select * from {{ ref('stg_fred_macro') }}

),

bars as (

    select
        'prices' as kind,
        price_ranges.ticker as subject,
        latest.price_date as value_date
    from price_ranges
    inner join lateral (
        select prices.price_date from prices
        where prices.ticker = price_ranges.ticker
            and prices.is_trading_day
        order by prices.price_date desc
        limit {{ var('usual_values') }}
    ) as latest on true

),

series as (

    select distinct subject from fetches
    where kind = 'macro'

),

periods as (

    select
        'macro' as kind,
        series.subject,
        latest.observation_date as value_date
    from series
    inner join lateral (
        select distinct observations.observation_date from observations
        where observations.series_id = series.subject
        order by observations.observation_date desc
        limit {{ var('usual_values') }}
    ) as latest on true

),

latest_values as (

    select * from bars
    union all
    select * from periods

),

spaced_values as (

    select
        *,
        value_date - lag(value_date) over (partition by kind, subject order by value_date) as days_before
    from latest_values

),

subjects as (

    select
        kind,
        subject,
        max(value_date) as last_value_date,
        percentile_disc(0.5) within group (order by days_before) as usual_interval_days
    from spaced_values
    group by kind, subject

),

-- a period's value arrives when it is published
dated_subjects as (

    select
        subjects.kind,
        subjects.subject,
        subjects.usual_interval_days,
        coalesce(published.first_on, subjects.last_value_date) as last_day
    from subjects
    left join lateral (
        select min(observations.realtime_start) as first_on
        from observations
        where subjects.kind = 'macro'
            and observations.series_id = subjects.subject
            and observations.observation_date = subjects.last_value_date
    ) as published on true

),

asked_subjects as (

    select
        dated_subjects.*,
        latest.source,
        latest.answered_on
    from dated_subjects
    inner join lateral (
        select
            fetches.source,
            fetches.answered_on
        from fetches
        where fetches.kind = dated_subjects.kind
            and fetches.subject = dated_subjects.subject
        order by fetches.started_at desc
        limit 1
    ) as latest on true

),

-- files don't say when they were updated: they are as new as the newest value in any of them
ends_of_files as (

    select
        kind,
        max(last_day) as last_day
    from asked_subjects
    where source = 'files'
    group by kind

),

judged as (

    select
        asked_subjects.kind,
        asked_subjects.subject,
        asked_subjects.source,
        asked_subjects.last_day,
        asked_subjects.usual_interval_days,
        asked_subjects.last_day + 1 + greatest(
            {{ var('silent_after_intervals') }} * asked_subjects.usual_interval_days, {{ var('silent_after_days') }}
        ) as silent_from,
        case
            when asked_subjects.source = 'files' then ends_of_files.last_day
            else asked_subjects.answered_on
        end as asked_on
    from asked_subjects
    left join ends_of_files
        on asked_subjects.kind = ends_of_files.kind

)

select
    kind::text as kind,
    subject::text as subject,
    source::text as source,
    last_day,
    usual_interval_days::integer as usual_interval_days,
    silent_from::date as silent_from,
    asked_on::date as asked_on,
    coalesce(asked_on >= silent_from, false) as is_silent
from judged
