"""What each figure means, what it is made of, and how the tests of its model ended, all of it told by dbt."""

from typing import LiteralString
from uuid import UUID

from werkzeug.datastructures import ETags

from auth_service.figures.answer_cache import Document, document_of_models
from auth_service.figures.portfolio import NO_ITEMS, items_of

# Of the caller's rows only those of the series keep when they were computed; views are computed when they are read.
FIGURES = items_of(
    """
    select
        figures.model,
        figures.column_name as "column",
        figures.description,
        figures.inputs,
        case
            when tests.model is not null
                then json_build_object('passed', passed, 'failed', failed, 'tested_at', tests.tested_at)
        end as tests,
        case
            when figures.model = 'gold_p_timeseries' then (
                select built_at from "default".gold_p_timeseries
                where user_id = %(user_id)s order by as_of_date desc limit 1
            )
        end as built_at
    from "default".dim_figures as figures
    left join (
        select
            model,
            count(*) filter (where status = 'pass') as passed,
            count(*) filter (where status <> 'pass') as failed,
            max(tested_at) as tested_at
        from "default".fct_test_results
        group by model
    ) as tests on figures.model = tests.model
    order by figures.model, figures.column_name
    """
)

# The catalogue is written anew as a whole, by one database transaction; so are the results of one run of tests.
VERSION: LiteralString = """
select md5(concat_ws(
    ' ',
    %(started)s::text,
    %(user_id)s::text,
    (select xmin::text from "default".dim_figures limit 1),
    (select max(tested_at) from "default".fct_test_results),
    (
        select built_at from "default".gold_p_timeseries
        where user_id = %(user_id)s order by as_of_date desc limit 1
    )
)) as version
"""


def figures(user_id: UUID, known: ETags) -> Document:
    """One item for each column that some answer of the API shows."""
    return document_of_models(user_id, VERSION, FIGURES, {}, known) or Document(NO_ITEMS, None)
