{{ config(
    always=true,
    unique_key=["kind", "name", "valid_from"],
    indexes=[{"columns": ["kind", "name", "valid_from"], "unique": true}],
) }}

-- one row per span: of a regime or phase as known then or now (revised), of a recession (for shading), and of an
-- indicator's value as known then

with regimes as (

    select * from {{ ref('fct_macro_regimes') }}

),

indicators as (

    select * from {{ ref('int_macro_indicators') }}
    where basis = 'known_then'

),

levels as (

    select * from {{ ref('int_macro_levels') }}

),

recessions as (

    select * from {{ ref('nber_recessions') }}

),

states as (

    select
        named.kind,
        named.name,
        regimes.date_day,
        regimes.known_on
    from regimes
    cross join
        unnest(
            array['regime', 'phase', 'regime_revised', 'phase_revised'],
            array[regimes.regime, regimes.phase, regimes.regime_revised, regimes.phase_revised]
        ) as named (kind, name)
    where named.name is not null

),

-- consecutive days of one state share the difference between date and row number
runs as (

    select
        *,
        date_day - row_number() over (partition by kind, name order by date_day)::integer as run
    from states

),

state_spans as (

    select
        kind,
        name,
        min(date_day) as valid_from,
        -- the last state lasts until something newer is published, or until it is too old to say anything
        case
            when max(date_day) = (select max(regimes.date_day) from regimes)
                then greatest(max(date_day), max(known_on) + {{ var('macro_known_for_days') }})
            else max(date_day)
        end as valid_to,
        null::double precision as value
    from runs
    group by kind, name, run

),

recession_spans as (

    select
        'recession' as kind,
        'recession' as name,
        (peak_month + interval '1 month')::date as valid_from,
        (trough_month + interval '1 month')::date - 1 as valid_to,
        null::double precision as value
    from recessions

),

best_series as (

    select
        indicator,
        min(priority) as priority
    from indicators
    group by indicator

),

indicator_spans as (

    select
        'indicator' as kind,
        indicators.indicator as name,
        indicators.valid_from,
        indicators.valid_to,
        indicators.value
    from indicators
    inner join best_series
        on indicators.indicator = best_series.indicator
        and indicators.priority = best_series.priority
    union all
    select
        'indicator' as kind,
        indicator as name,
        valid_from,
        valid_to,
        value
    from levels

),

context as (

    select * from state_spans
    union all
    select * from recession_spans
    union all
    select * from indicator_spans

)

select
    kind::text as kind,
    name::text as name,
    valid_from,
    valid_to,
    value
from context
