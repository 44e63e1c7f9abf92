"""Columns of the API's answers by a name that is known only while the dashboard runs."""

from collections.abc import Mapping


def number(row: Mapping[str, object], column: str) -> float | None:
    """The figure in that column; None where it is unknown, or where the row has no such column."""
    value = row.get(column)
    return value if isinstance(value, int | float) else None


def text(row: Mapping[str, object], column: str) -> str | None:
    """The same of a column of words."""
    value = row.get(column)
    return value if isinstance(value, str) else None
