"""The table of tickers: cost, value and earnings, with a line for the time each was held."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from dash import html
from dash.development.base_component import Component

from dashboard.api.payloads import TickerKpis
from dashboard.api.rows import number
from dashboard.explain.drawer import figure_name
from dashboard.ui import formats
from dashboard.ui.aria import aria
from dashboard.ui.freshness import stale_badge
from dashboard.ui.sparkline import sparkline
from dashboard.ui.tables import Column, table

MODEL = "gold_ticker_kpis"


class Order(TypedDict):
    """By which column the table is sorted, in the store `analytics-order`."""

    column: str
    descending: bool


def ticker_table(
    rows: Sequence[TickerKpis], history: Mapping[str, Sequence[float | None]], method: str, order: Order
) -> html.Div:
    """One row per ticker, sortable by its headings; a closed position keeps its row, in a lighter shade.

    `history` has the growth of one unit in each ticker; `method` is the cost basis method, `average` or `fifo`.
    """
    return table(
        "Holdings by ticker",
        _columns(history, method),
        rows,
        heading=lambda column: _heading(column, order),
        row_class=lambda row: "closed" if _is_closed(row) else "",
    )


def _columns(history: Mapping[str, Sequence[float | None]], method: str) -> list[Column[TickerKpis]]:
    return [
        Column("Ticker", _ticker_cell, "ticker", numeric=False),
        Column("While held", lambda row: sparkline(row["ticker"], history.get(row["ticker"], ())), numeric=False),
        Column("Quantity", lambda row: formats.quantity(row["quantity"]), "quantity"),
        _money("Value", "market_value"),
        Column("Weight", lambda row: formats.percent(row["weight"]), "weight"),
        _money("Cost", f"cost_basis_{method}"),
        _money("Unrealised", f"unrealized_pnl_{method}", gains=True),
        _money("Realised", f"realized_pnl_{method}", gains=True),
        _money("Dividends", "dividends"),
        _money("Fees", "fees"),
        _money("Total P&L", "total_pnl", gains=True),
        Column(
            "Return",
            lambda row: formats.percent(row["total_return"], signed=True),
            "total_return",
            tone_of=lambda row: row["total_return"],
        ),
        Column("Days", lambda row: formats.count(row["holding_days"] or 0), "holding_days"),
    ]


def _money(heading: str, key: str, *, gains: bool = False) -> Column[TickerKpis]:
    return Column(
        heading,
        lambda row: formats.money(number(row, key), row["base_currency"], 0, signed=gains),
        key,
        tone_of=(lambda row: number(row, key)) if gains else None,
    )


def _ticker_cell(row: TickerKpis) -> list[html.Span]:
    parts = [html.Span(row["ticker"], className="ticker")]
    if _is_closed(row):
        parts.append(html.Span("closed", className="tag"))
    return [*parts, *filter(None, [stale_badge(row)]), html.Span(row["name"] or "", className="name")]


def _is_closed(row: TickerKpis) -> bool:
    return row["quantity"] == 0


def _heading(column: Column[TickerKpis], order: Order) -> Component | str:
    """The figure's name, which explains it, and the button that sorts by it."""
    if column.sort_key is None:
        return column.heading
    name = figure_name(column.heading, MODEL, column.sort_key, "tickers") if column.numeric else column.heading
    return html.Span([name, _sort_button(column, order)], className="sortable")


def _sort_button(column: Column[TickerKpis], order: Order) -> html.Button:
    chosen = column.sort_key == order["column"]
    arrow = ("↓" if order["descending"] else "↑") if chosen else "↕"
    spoken = ", sorted " + ("descending" if order["descending"] else "ascending") if chosen else ""
    return html.Button(
        html.Span(arrow, className="arrow" if chosen else "arrow idle", **aria(hidden="true")),
        id={"type": "analytics-sort", "column": column.sort_key},
        className="sort",
        **aria(label=f"Sort by {column.heading}{spoken}"),
    )
