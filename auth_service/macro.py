"""The macro regimes and indicators behind everybody's charts."""

from datetime import date

from auth_service.database import database
from auth_service.portfolio import mart_exists

CONTEXT = """
with chosen as (
    select * from "default".gold_macro_context
    where (%(from_date)s::date is null or valid_to >= %(from_date)s)
        and (%(to_date)s::date is null or valid_from <= %(to_date)s)
    order by kind, name, valid_from
)

select json_build_object(
    'spans', coalesce(json_agg(json_build_object(
        'kind', kind, 'name', name, 'valid_from', valid_from, 'valid_to', valid_to
    )) filter (where kind <> 'indicator'), '[]'),
    'indicators', coalesce(json_agg(json_build_object(
        'name', name, 'valid_from', valid_from, 'valid_to', valid_to, 'value', value
    )) filter (where kind = 'indicator'), '[]')
)::text as document
from chosen
"""


def context(from_date: date | None, to_date: date | None) -> str:
    """Spans of regime, phase and recession, and the indicators' values, that touch the range; both ends inclusive."""
    with database().transaction() as connection:
        if not mart_exists(connection, "gold_macro_context"):
            return '{"spans": [], "indicators": []}'
        row = connection.execute(CONTEXT, {"from_date": from_date, "to_date": to_date}).fetchone()
    return str(row["document"]) if row else ""
