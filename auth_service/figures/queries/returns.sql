with lines as (

    select
        return_date,
        {portfolio} as portfolio,
        {benchmark} as benchmark,
        drawdown
    from "default".returns_between(%(user_id)s, %(from_date)s, %(to_date)s)
    order by return_date

)

select
    json_build_object(
        'date', coalesce(json_agg(return_date), '[]'),
        'portfolio', coalesce(json_agg(portfolio), '[]'),
        'benchmark', coalesce(json_agg(benchmark), '[]'),
        'drawdown', coalesce(json_agg(drawdown), '[]')
    ) as json
from lines
