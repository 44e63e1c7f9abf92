{{ config(
    always=true,
    unique_key=["date_day"],
    changed={"from_date": "date_day"},
    readers={"gold_p_timeseries": {"columns": ["regime", "phase", "known_on"]}},
    indexes=[{"columns": ["date_day"], "unique": true}],
) }}

-- one row per calendar date: the macro regime based on what was published by that date, and on today's data

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

observations as (

    select * from {{ ref('stg_fred_macro') }}

),

known_from as (

    select valid_from from indicators
    union all
    select valid_from from levels

),

span as (

    select
        min(valid_from) as first_day,
        (select max(observations.realtime_start) from observations) as last_day
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

-- if several series have the value, the first in the seed's order wins
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

-- one row per date, because the planner assumes a single row for each join per basis
state_days as (

    select
        date_day,
        max(regime) filter (where basis = 'known_then') as regime,
        max(phase) filter (where basis = 'known_then') as phase,
        max(regime) filter (where basis = 'known_now') as regime_revised,
        max(phase) filter (where basis = 'known_now') as phase_revised,
        max(growth) filter (where basis = 'known_then') as growth_state,
        max(inflation) filter (where basis = 'known_then') as inflation_state,
        max(known_on) filter (where basis = 'known_then') as known_on,
        max(substitutes) filter (where basis = 'known_then') as substitutes,
        bool_or(has_cfnai) filter (where basis = 'known_then') as has_cfnai
    from named
    group by date_day

),

level_days as (

    select
        indicator,
        series_id,
        value,
        valid_from as known_on,
        valid_from + generate_series(0, valid_to - valid_from) as date_day
    from levels

),

levels_by_day as (

    select
        date_day,
        max(value) filter (where indicator = 'risk_free_rate') / 100 as risk_free_rate,
        max(series_id) filter (where indicator = 'risk_free_rate') as risk_free_series,
        max(known_on) filter (where indicator = 'risk_free_rate') as risk_free_known_on,
        max(value) filter (where indicator = 'price_level') as price_level,
        max(series_id) filter (where indicator = 'price_level') as price_level_series,
        max(known_on) filter (where indicator = 'price_level') as price_level_known_on
    from level_days
    group by date_day

),

regimes as (

    select
        calendar.date_day,
        state_days.regime::text as regime,
        state_days.phase::text as phase,
        state_days.regime_revised::text as regime_revised,
        state_days.phase_revised::text as phase_revised,
        state_days.growth_state::text as growth_state,
        state_days.inflation_state::text as inflation_state,
        recessions.peak_month is not null as is_recession,
        state_days.known_on,
        nullif(
            concat_ws(', ', state_days.substitutes, case when not state_days.has_cfnai then 'cfnai: none' end), ''
        )::text as substitutes,
        levels_by_day.risk_free_rate,
        levels_by_day.risk_free_series::text as risk_free_series,
        levels_by_day.risk_free_known_on,
        levels_by_day.price_level,
        levels_by_day.price_level_series::text as price_level_series,
        levels_by_day.price_level_known_on
    from calendar
    left join state_days
        on calendar.date_day = state_days.date_day
    left join levels_by_day
        on calendar.date_day = levels_by_day.date_day
    -- the recession begins in the month after the peak
    left join recessions
        on calendar.date_day >= (recessions.peak_month + interval '1 month')::date
        and calendar.date_day < (recessions.trough_month + interval '1 month')::date

)

select * from regimes
