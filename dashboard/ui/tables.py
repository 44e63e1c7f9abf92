"""Tables as plain HTML, which every screen reader knows how to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.ui.aria import aria

Row = Mapping[str, Any]
Cell = Callable[[Row], Any]


@dataclass(frozen=True)
class Column:
    """One column: its heading, what a row's cell shows, and the key it is sorted by, when it can be."""

    heading: str
    cell: Cell
    sort_key: str | None = None
    numeric: bool = True
    tone_of: str | None = None  # colours gains and losses by this value of the row


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    heading: Callable[[Column], Any] | None = None,
    row_class: Callable[[Row], str] | None = None,
) -> html.Div:
    """A table that scrolls sideways inside its own box on a narrow screen; the first column heads its row."""
    head = html.Tr([html.Th(heading(c) if heading else c.heading, scope="col", className=_align(c)) for c in columns])
    body = [html.Tr(_cells(columns, row), className=row_class(row) if row_class else "") for row in rows]
    parts = [html.Caption(caption, className="for-readers-only"), html.Thead(head), html.Tbody(body)]
    return html.Div(html.Table(parts), className="table-box", tabIndex=0, role="region", **aria(label=caption))


def ordered(rows: Sequence[dict[str, Any]], key: str, *, descending: bool) -> list[dict[str, Any]]:
    """Rows sorted by one value; those without it come last either way."""
    known = sorted((row for row in rows if row.get(key) is not None), key=lambda row: row[key], reverse=descending)
    return known + [row for row in rows if row.get(key) is None]


def _cells(columns: Sequence[Column], row: Row) -> list[Any]:
    first, *others = columns
    return [
        html.Th(first.cell(row), scope="row", className=_align(first)),
        *(html.Td(c.cell(row), className=f"{_align(c)} {_tone(c, row)}".strip()) for c in others),
    ]


def _align(column: Column) -> str:
    return "number" if column.numeric else "text"


def _tone(column: Column, row: Row) -> str:
    value = row.get(column.tone_of) if column.tone_of else None
    if not value:
        return ""
    return "gain" if float(value) > 0 else "loss"
