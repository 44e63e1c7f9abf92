{#- CTEs for int_macro_indicators that end in `compared`: each series' values up to a month, as published by a day, and its value
    a year before; after a CTE observations. -#}
{% macro cuts_of_series() %}
-- a cut is a view of one series: its values up to a month, as published by a day
publications as (

    select
        series_id,
        realtime_start as published_by,
        max(observation_date) as newest_observation
    from observations
    group by series_id, realtime_start

),

cuts as (

    select
        'known_then' as basis,
        series_id,
        published_by,
        published_by as valid_from,
        max(newest_observation) over (partition by series_id order by published_by) as month
    from publications
    union all
    select distinct
        'known_now' as basis,
        series_id,
        'infinity'::date as published_by,
        observation_date as valid_from,
        observation_date as month
    from observations

),

cut_values as (

    select
        cuts.basis,
        cuts.series_id,
        cuts.valid_from,
        cuts.month,
        lags.months_back,
        newest.value
    from cuts
    cross join generate_series(0, 20) as lags (months_back)
    inner join lateral (
        select observations.value
        from observations
        where observations.series_id = cuts.series_id
            and observations.observation_date = (cuts.month - make_interval(months => lags.months_back))::date
            and observations.realtime_start <= cuts.published_by
        order by observations.realtime_start desc
        limit 1
    ) as newest on true

),

compared as (

    select
        *,
        max(value) over (
            partition by basis, series_id, valid_from
            order by months_back
            range between 12 following and 12 following
        ) as value_year_before
    from cut_values

)
{% endmacro %}
