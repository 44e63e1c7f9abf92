"""The SQL behind the figures: one file per query, read when the service starts.

psycopg recognises a string it has seen, but would rebuild anything composed on every call: so each query is composed
once.
"""

from pathlib import Path
from typing import LiteralString

from psycopg.sql import SQL, Composable

FOLDER = Path(__file__).parent
ITEMS = SQL(
    """
    select json_build_object(
        'items', coalesce(json_agg(to_jsonb(rows) - 'user_id'), '[]'),
        'next_cursor', null
    ) as json
    from ({rows}) as rows
    """
)


def query(file: str, **parts: Composable) -> LiteralString:
    """The text of a file; each `{part}` in it stands for the SQL of that name."""
    text = template(file)
    return text.format(**parts).as_string() if parts else text.as_string()


def items(file: str, **parts: Composable) -> LiteralString:
    """A query for the list of the file's rows, as one JSON document."""
    return ITEMS.format(rows=SQL(query(file, **parts))).as_string()


def template(file: str) -> SQL:
    """The file itself, for a query whose parts are known later. A file we ship is as safe as a literal string."""
    return SQL((FOLDER / file).read_text())
