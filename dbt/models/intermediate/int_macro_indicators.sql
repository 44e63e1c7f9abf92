{{ config(always=true) }}

-- one row per indicator, source series and span of days in which its value was current, twice: as known then (by
-- vintage or publication lag) and as known now (today's data, in the month it describes)

with sources as (

    select * from {{ ref('indicator_sources') }}
    where transformation <> 'latest'

),

-- not materialized: the newest value by a day is looked up through the table's index
observations as not materialized (

    select * from {{ ref('stg_fred_macro') }}
    where series_id in (select sources.series_id from sources)

),

thresholds as (

    select
        max(value) filter (where name = 'dead_band') as dead_band,
        max(value) filter (where name = 'sahm') as sahm,
        max(value) filter (where name = 'cfnai') as cfnai
    from {{ ref('regime_thresholds') }}

),

{{ cuts_of_series() }},

transformed as (

    select
        sources.indicator,
        sources.priority,
        sources.transformation,
        compared.basis,
        compared.series_id,
        compared.valid_from,
        compared.month,
        compared.months_back,
        case sources.transformation
            when 'level' then compared.value
            when 'percent_change' then (compared.value / compared.value_year_before - 1) * 100
            when 'point_change' then compared.value - compared.value_year_before
            when 'reversed_point_change' then compared.value_year_before - compared.value
        end as value
    from compared
    inner join sources
        on compared.series_id = sources.series_id

),

-- three-month means that tolerate one month that was never collected
smoothed as (

    select
        *,
        case
            when count(value) over three_months >= 2 then avg(value) over three_months
        end as mean
    from transformed
    window three_months as (
        partition by indicator, basis, series_id, valid_from
        order by months_back range between current row and 2 following
    )

),

measured as (

    select
        indicator,
        priority,
        transformation,
        basis,
        series_id,
        valid_from,
        month,
        max(mean) filter (where months_back = 0) as mean_now,
        max(mean) filter (where months_back = 3) as mean_3_months_before,
        max(mean) filter (where months_back = 6) as mean_6_months_before,
        case
            when count(mean) filter (where months_back <= 12) >= 12
                then min(mean) filter (where months_back <= 12)
        end as lowest_mean
    from smoothed
    group by indicator, priority, transformation, basis, series_id, valid_from, month

),

-- round, or means of one-decimal figures that tie would differ in a double's last digit
valued as (

    select
        *,
        round(
            case
                when indicator in ('growth', 'inflation') then mean_now - mean_6_months_before
                when indicator = 'sahm' and transformation = 'level' then mean_now - lowest_mean
                else mean_now
            end::numeric, 9
        )::double precision as value,
        round((mean_now - mean_3_months_before)::numeric, 9) > 0 as is_above_3_months_before,
        lead(valid_from) over (partition by indicator, basis, series_id order by valid_from) as next_valid_from
    from measured

),

-- a direction changes only beyond the dead band; inside it the last one stays
directed as (

    select
        valued.*,
        thresholds.sahm,
        thresholds.cfnai,
        case
            when valued.indicator not in ('growth', 'inflation') then null
            when valued.value > thresholds.dead_band then 'up'
            when valued.value < -thresholds.dead_band then 'down'
        end as new_direction
    from valued
    cross join thresholds

),

numbered as (

    select
        *,
        count(new_direction) over (partition by indicator, basis, series_id order by valid_from) as direction_number
    from directed

),

indicators as (

    select
        basis,
        indicator,
        priority,
        series_id,
        month as observation_month,
        valid_from,
        least(
            next_valid_from - 1,
            case basis
                when 'known_then' then valid_from + {{ var('macro_known_for_days') }}
                else (month + interval '1 month')::date - 1
            end
        ) as valid_to,
        value,
        case
            when value is not null
                then max(new_direction) over (partition by indicator, basis, series_id, direction_number)
        end as direction,
        case indicator
            when 'sahm' then value >= sahm and is_above_3_months_before
            when 'cfnai' then value < cfnai
        end as is_contracting
    from numbered

)

select * from indicators
where value is not null
