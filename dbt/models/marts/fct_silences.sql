{{ config(materialized="view") }}

-- one row per ticker or macro series that has values: since when nothing new has come, and whether that is far longer
-- than usual. A view: whoever looks at a few of them reads their latest values only.

with fetches as (

    select * from {{ ref('stg_answered_fetches') }}

),

prices as not materialized (

    select * from {{ ref('stg_raw_prices') }}

),

price_ranges as (

    select * from {{ ref('int_price_ranges') }}

),

observations as not materialized (

    select * from {{ ref('stg_fred_macro') }}

),

listings as (

    select
        'prices' as kind,
        price_ranges.ticker as subject,
        price_ranges.last_price_date as last_day,
        usual.interval_days
    from price_ranges
    cross join lateral (
        select percentile_disc(0.5) within group (order by bars.days_before) as interval_days
        from (
            select price_date - lag(price_date) over (order by price_date) as days_before
            from (
                select prices.price_date
                from prices
                where prices.ticker = price_ranges.ticker
                    and prices.is_trading_day
                order by prices.price_date desc
                limit {{ var('usual_values') }}
            ) as latest
        ) as bars
    ) as usual

),

fetched_series as (

    select distinct subject from fetches
    where kind = 'macro'

),

published_series as (

    select
        'macro' as kind,
        fetched_series.subject,
        newest.published_on as last_day,
        usual.interval_days
    from fetched_series
    cross join lateral (
        select min(observations.realtime_start) as published_on
        from observations
        where observations.series_id = fetched_series.subject
            and observations.observation_date = (
                select max(latest.observation_date) from observations as latest
                where latest.series_id = fetched_series.subject
            )
    ) as newest
    cross join lateral (
        select percentile_disc(0.5) within group (order by periods.days_before) as interval_days
        from (
            select observation_date - lag(observation_date) over (order by observation_date) as days_before
            from (
                select distinct observations.observation_date
                from observations
                where observations.series_id = fetched_series.subject
                order by observations.observation_date desc
                limit {{ var('usual_values') }}
            ) as latest
        ) as periods
    ) as usual
    where newest.published_on is not null

),

subjects as (

    select * from listings
    union all
    select * from published_series

),

-- files don't say when they were brought up to date: they are as new as the newest value in any of them
ends_of_files as (

    select
        subjects.kind,
        max(subjects.last_day) as last_day
    from subjects
    where exists (
        select from fetches
        where fetches.kind = subjects.kind
            and fetches.subject = subjects.subject
            and fetches.source = 'files'
    )
    group by subjects.kind

),

judged as (

    select
        subjects.kind,
        subjects.subject,
        latest.source,
        subjects.last_day,
        subjects.interval_days,
        subjects.last_day
        + greatest({{ var('silent_after_intervals') }} * subjects.interval_days, {{ var('silent_after_days') }})
        + 1 as silent_from,
        case when latest.source = 'files' then ends_of_files.last_day else latest.answered_on end as asked_on
    from subjects
    cross join lateral (
        select
            fetches.source,
            fetches.answered_on
        from fetches
        where fetches.kind = subjects.kind
            and fetches.subject = subjects.subject
        order by fetches.started_at desc
        limit 1
    ) as latest
    left join ends_of_files
        on subjects.kind = ends_of_files.kind

)

select
    kind::text as kind,
    subject::text as subject,
    source::text as source,
    last_day,
    interval_days::integer as usual_interval_days,
    silent_from::date as silent_from,
    asked_on::date as asked_on,
    coalesce(asked_on >= silent_from, false) as is_silent
from judged
