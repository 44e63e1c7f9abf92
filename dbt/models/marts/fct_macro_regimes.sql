{{ config(indexes=[{"columns": ["date_day"], "unique": true}]) }}

-- one row per calendar date: the macro regime by what was published by that date, and by what is known now

with indicators as (

    select * from {{ ref('int_macro_indicators') }}

),

levels as (

    select * from {{ ref('int_macro_levels') }}
    where indicator in ('risk_free_rate', 'price_level')

),

recessions as (

    select * from {{ ref('nber_recessions') }}

),

known_from as (

    select valid_from from indicators
    union all
    select valid_from from levels

),

span as (

    select
        min(valid_from) as first_day,
        (select max(observations.realtime_start) from {{ ref('stg_fred_macro') }} as observations) as last_day
    from known_from

),

calendar as (

    select first_day + generate_series(0, last_day - first_day) as date_day from span

),

indicator_days as (

    select
        basis,
        indicator,
        priority,
        series_id,
        direction,
        is_contracting,
        valid_from,
        valid_from + generate_series(0, valid_to - valid_from) as date_day
    from indicators

),

-- where several series could say it, the first in the seed's order does
best as (

    select distinct on (basis, indicator, date_day) *
    from indicator_days
    order by basis, indicator, date_day, priority

),

states as (

    select
        date_day,
        basis,
        max(direction) filter (where indicator = 'growth') as growth,
        max(direction) filter (where indicator = 'inflation') as inflation,
        bool_or(is_contracting) filter (where indicator = 'sahm') as sahm_contracting,
        bool_or(is_contracting) filter (where indicator = 'cfnai') as cfnai_contracting,
        max(valid_from) as known_on,
        string_agg(
            indicator || ': ' || series_id, ', ' order by indicator
        ) filter (where priority > 1) as substitutes,
        bool_or(indicator = 'cfnai') as has_cfnai
    from best
    group by date_day, basis

),

named as (

    select
        *,
        case
            when growth = 'up' and inflation = 'down' then 'goldilocks'
            when growth = 'up' and inflation = 'up' then 'reflation'
            when growth = 'down' and inflation = 'up' then 'stagflation'
            when growth = 'down' and inflation = 'down' then 'deflation'
        end as regime,
        case
            when sahm_contracting is null then null
            when sahm_contracting or coalesce(cfnai_contracting, false) then 'contractionary'
            else 'expansionary'
        end as phase
    from states

),

level_days as (

    select
        indicator,
        series_id,
        value,
        valid_from + generate_series(0, valid_to - valid_from) as date_day
    from levels

),

regimes as (

    select
        calendar.date_day,
        known_then.regime::text as regime,
        known_then.phase::text as phase,
        known_now.regime::text as regime_revised,
        known_now.phase::text as phase_revised,
        known_then.growth::text as growth_state,
        known_then.inflation::text as inflation_state,
        recessions.peak_month is not null as is_recession,
        known_then.known_on,
        nullif(
            concat_ws(', ', known_then.substitutes, case when not known_then.has_cfnai then 'cfnai: none' end), ''
        )::text as substitutes,
        risk_free.value / 100 as risk_free_rate,
        risk_free.series_id::text as risk_free_series,
        price_levels.value as price_level,
        price_levels.series_id::text as price_level_series
    from calendar
    left join named as known_then
        on calendar.date_day = known_then.date_day
        and known_then.basis = 'known_then'
    left join named as known_now
        on calendar.date_day = known_now.date_day
        and known_now.basis = 'known_now'
    -- the recession begins in the month after the peak
    left join recessions
        on calendar.date_day >= (recessions.peak_month + interval '1 month')::date
        and calendar.date_day < (recessions.trough_month + interval '1 month')::date
    left join level_days as risk_free
        on calendar.date_day = risk_free.date_day
        and risk_free.indicator = 'risk_free_rate'
    left join level_days as price_levels
        on calendar.date_day = price_levels.date_day
        and price_levels.indicator = 'price_level'

)

select * from regimes
