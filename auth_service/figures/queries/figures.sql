-- Of the caller's rows only those of the series keep when they were computed; views are computed when they are read.
with tests as (

    select
        model,
        count(*) filter (where status = 'pass') as passed,
        count(*) filter (where status <> 'pass') as failed,
        max(tested_at) as tested_at
    from "default".fct_test_results
    group by model

)

select
    figures.model,
    figures.column_name as "column",
    figures.description,
    figures.inputs,
    case
        when tests.model is not null
            then json_build_object('passed', tests.passed, 'failed', tests.failed, 'tested_at', tests.tested_at)
    end as tests,
    case
        when figures.model = 'gold_p_timeseries' then (
            select days.built_at
            from "default".gold_p_timeseries as days
            where days.user_id = %(user_id)s
            order by days.as_of_date desc
            limit 1
        )
    end as built_at
from "default".dim_figures as figures
left join tests
    on figures.model = tests.model
order by figures.model, figures.column_name
