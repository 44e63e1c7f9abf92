with wanted as (

    select
        *,
        series_id as subject,
        coalesce(%(titles)s::jsonb ->> series_id, series_id) as title
    from "default".fct_macro_series

)

select
    wanted.subject as series_id,
    wanted.title,
    wanted.indicator,
    wanted.last_observation,
    wanted.published_on,
    wanted.known_on,
    wanted.value,
    wanted.is_stale,
    silences.usual_interval_days,
    case when silences.is_silent then silences.last_day end as silent_since,
    ({last_fetch}) as last_fetch
from wanted
left join "default".fct_silences as silences
    on silences.kind = %(kind)s
    and wanted.subject = silences.subject
order by wanted.subject
