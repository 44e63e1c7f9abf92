"""Tables as plain HTML, readable by every screen reader."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, TypeVar

from dash import html
from dash.development.base_component import ComponentType

from dashboard.ui import formats
from dashboard.ui.aria import aria

Row = TypeVar("Row")
Ordered = TypeVar("Ordered", bound=Mapping[str, object])


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its heading, a row's cell, and the key to sort by, if any."""

    heading: str
    cell: Callable[[Row], ComponentType]
    sort_key: str | None = None
    numeric: bool = True
    tone_of: Callable[[Row], float | None] | None = None  # the value whose sign colours it as a gain or a loss


def table(
    caption: str,
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    *,
    heading: Callable[[Column[Row]], ComponentType] | None = None,
    row_class: Callable[[Row], str] | None = None,
) -> html.Div:
    """A table that scrolls sideways in its own box on a narrow screen; the first column heads its row."""
    head = html.Tr([html.Th(heading(c) if heading else c.heading, scope="col", className=_align(c)) for c in columns])
    body = [html.Tr(_cells(columns, row), className=row_class(row) if row_class else "") for row in rows]
    parts = [html.Caption(caption, className="for-readers-only"), html.Thead(head), html.Tbody(body)]
    return html.Div(html.Table(parts), className="table-box", tabIndex=0, role="region", **aria(label=caption))


def ordered(rows: Sequence[Ordered], key: str, *, descending: bool) -> list[Ordered]:
    """Rows sorted by one value; those without it come last either way."""
    known = [row for row in rows if row.get(key) is not None]
    known.sort(key=itemgetter(key), reverse=descending)
    return known + [row for row in rows if row.get(key) is None]


def _cells(columns: Sequence[Column[Row]], row: Row) -> list[html.Th | html.Td]:
    first, *others = columns
    return [
        html.Th(first.cell(row), scope="row", className=_align(first)),
        *(
            html.Td(c.cell(row), className=f"{_align(c)} {formats.tone(c.tone_of(row)) if c.tone_of else ''}".strip())
            for c in others
        ),
    ]


def _align(column: Column[Row]) -> str:
    return "number" if column.numeric else "text"
