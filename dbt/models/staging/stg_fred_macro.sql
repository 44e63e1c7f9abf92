{{ config(
    always=true,
    unique_key=["series_id", "observation_date", "realtime_start"],
    indexes=[{"columns": ["series_id", "observation_date", "realtime_start"], "unique": true}],
    grants={"select": ["macrofolio_reader"]},
) }}

-- one row per series, observation and vintage; a value that was never collected has no row

select
    series_id,
    observation_date,
    realtime_start,
    value::double precision as value,
    dated_by
from {{ source('bronze', 'raw_fred') }}
where value is not null
