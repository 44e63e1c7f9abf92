"""What the analytics page is made of; no data is fetched here."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard import charts, formats
from dashboard.aria import aria
from dashboard.tables import Column, table
from dashboard.windows import WINDOWS

GRAPH: Any = {"displayModeBar": False, "responsive": True}


def page(**_query: str) -> html.Div:
    return html.Div(
        [
            html.H1("Portfolio analytics"),
            html.Div(id="analytics-welcome"),
            html.Div(_sections(), id="analytics-content"),
        ]
    )


def _sections() -> list[Any]:
    return [
        html.Div(html.P("Loading your figures…", className="muted"), id="analytics-headline"),
        _window_selector(),
        _chart("Value", "Market value, and the money put in less the money taken out.", "analytics-value", "tall"),
        _chart(
            "Return",
            "Time-weighted since the start of the window: purchases and sales do not move this line, markets do.",
            "analytics-return",
            "tall",
        ),
        _chart("Drawdown", "Distance below the highest point so far.", "analytics-drawdown", "short"),
        html.Section(
            [
                html.H2("Return by macro regime"),
                html.P(
                    "Annualised, over the days each regime lasted as it was known then: no later revision is used.",
                    className="muted",
                ),
                html.Div(
                    [
                        _graph("analytics-regime-bars", "short"),
                        html.Div(id="analytics-regime-table"),
                    ],
                    className="side-by-side",
                ),
            ],
            className="card",
        ),
        html.Section([html.H2("Holdings by ticker"), html.Div(id="analytics-tickers")], className="card"),
        dcc.Store(id="analytics-order", data={"column": "market_value", "descending": True}),
    ]


def welcome(*, trades_pending: bool) -> html.Section:
    if trades_pending:
        return html.Section(
            [
                html.H2("Your first transactions are being worked in"),
                html.P("Prices, returns and regimes are being computed. The charts appear here by themselves."),
            ],
            className="card welcome",
        )
    steps: list[Any] = [
        [dcc.Link("Record a purchase", href="/ledger"), ": ticker, quantity, price and date are enough."],
        "Its whole price history is fetched at once; the charts follow a few seconds later.",
        "Come back here for returns, drawdowns, and how each macro regime treated you.",
    ]
    return html.Section(
        [html.H2("Start with your first purchase"), html.Ol([html.Li(step) for step in steps])],
        className="card welcome",
    )


def headline(performance: dict[str, Any]) -> html.Div:
    """The figures of the whole history, the three returns side by side."""
    currency = performance["base_currency"]
    pnl = performance["total_pnl"]
    groups = [
        [
            _figure("Market value", formats.money(performance["market_value"], currency, 0), kind="main"),
            _figure("Total profit and loss", formats.money(pnl, currency, 0, signed=True), formats.tone(pnl), "main"),
            _figure("Net invested", formats.money(performance["net_invested"], currency, 0)),
            _figure("Dividends", formats.money(performance["dividends"], currency, 0)),
        ],
        [
            _return("Time-weighted return", performance["time_weighted_return"]),
            _return("Money-weighted return", performance["money_weighted_return"], "a year"),
            _return("Simple return", performance["simple_return"]),
            _return("Growth a year (CAGR)", performance["cagr"]),
        ],
        [
            _return("Deepest drawdown", performance["max_drawdown"]),
            _figure("Volatility", formats.percent(performance["volatility"]), note="a year"),
            _figure("Sharpe ratio", formats.ratio(performance["sharpe"])),
            _return(f"Benchmark {performance['benchmark'] or ''}".strip(), performance["benchmark_return"]),
        ],
    ]
    explanation = (
        "Time-weighted shows how the assets did whatever you paid in and when; money-weighted is the yearly rate your "
        "own money earned, timing included; simple is the profit over all that was invested."
    )
    return html.Div(
        [html.Dl(group, className="figures card") for group in groups] + [html.P(explanation, className="muted")]
    )


def regime_table(rows: Sequence[dict[str, Any]]) -> html.Div:
    columns = [
        Column("Regime or phase", lambda row: (row["name"] or "Not known yet").capitalize(), numeric=False),
        Column("Days", lambda row: f"{row['days']:,}"),
        Column("Total", lambda row: formats.percent(row["total_return"], signed=True), tone_of="total_return"),
        Column(
            "A year", lambda row: formats.percent(row["annualised_return"], signed=True), tone_of="annualised_return"
        ),
        Column("Volatility", lambda row: formats.percent(row["volatility"])),
        Column("Drawdown", lambda row: formats.percent(row["max_drawdown"])),
        Column("Days up", lambda row: formats.percent(row["hit_rate"], 0)),
    ]
    return table("Return by macro regime and phase", columns, rows)


def ticker_table(rows: Sequence[dict[str, Any]], order: dict[str, Any]) -> html.Div:
    """One row a ticker, sortable by its headings; a closed position keeps its row, paler."""
    return table(
        "Holdings by ticker",
        _ticker_columns(),
        rows,
        heading=lambda column: _sort_button(column, order),
        row_class=lambda row: "closed" if _is_closed(row) else "",
    )


def _ticker_columns() -> list[Column]:
    return [
        Column("Ticker", _ticker_cell, "ticker", numeric=False),
        Column("Quantity", lambda row: formats.quantity(row["quantity"]), "quantity"),
        _money_column("Value", "market_value"),
        Column("Weight", lambda row: formats.percent(row["weight"]), "weight"),
        _money_column("Cost", "cost_basis_average"),
        _money_column("Realised", "realized_pnl_average", gains=True),
        _money_column("Unrealised", "unrealized_pnl_average", gains=True),
        _money_column("Dividends", "dividends"),
        _money_column("Total P&L", "total_pnl", gains=True),
        Column(
            "Return",
            lambda row: formats.percent(row["total_return"], signed=True),
            "total_return",
            tone_of="total_return",
        ),
        Column("Days held", lambda row: f"{row['holding_days']:,}" if row["holding_days"] else "0", "holding_days"),
    ]


def _money_column(heading: str, key: str, *, gains: bool = False) -> Column:
    return Column(
        heading,
        lambda row: formats.money(row[key], row["base_currency"], signed=gains),
        key,
        tone_of=key if gains else None,
    )


def _ticker_cell(row: Any) -> list[Any]:
    parts: list[Any] = [html.Span(row["ticker"], className="ticker")]
    if _is_closed(row):
        parts.append(html.Span("closed", className="tag"))
    elif row["is_stale"]:
        parts.append(html.Span(f"price of {row['price_date']}", className="tag tag-warn"))
    return [*parts, html.Span(row["name"] or "", className="name")]


def _is_closed(row: Any) -> bool:
    return float(row["quantity"]) == 0


def _sort_button(column: Column, order: dict[str, Any]) -> html.Button:
    chosen = column.sort_key == order["column"]
    arrow = ("↓" if order["descending"] else "↑") if chosen else ""
    spoken = ", sorted " + ("descending" if order["descending"] else "ascending") if chosen else ""
    return html.Button(
        [column.heading, html.Span(arrow, className="arrow", **aria(hidden="true"))],
        id={"type": "analytics-sort", "column": column.sort_key},
        className="sort",
        **aria(label=f"Sort by {column.heading}{spoken}"),
    )


def _window_selector() -> html.Div:
    options = [{"label": label, "value": window} for window, label in WINDOWS.items()]
    return html.Div(
        dcc.RadioItems(id="analytics-window", options=options, value="all", inline=True, className="windows"),
        role="group",
        className="window-bar",
        **aria(label="Time window of the charts"),
    )


def _chart(title: str, subtitle: str, graph_id: str, size: str) -> html.Section:
    return html.Section(
        [
            html.H2(title),
            html.P(subtitle, className="muted"),
            _graph(graph_id, size),
        ],
        className="card",
    )


def _graph(graph_id: str, size: str) -> html.Div:
    """A graph fills its box: the box has the height."""
    return html.Div(dcc.Graph(id=graph_id, figure=charts.blank(), config=GRAPH), className=f"graph {size}")


def _return(label: str, fraction: float | None, note: str = "") -> html.Div:
    return _figure(label, formats.percent(fraction, signed=True), formats.tone(fraction), note=note)


def _figure(label: str, value: str, tone: str = "", kind: str = "", note: str = "") -> html.Div:
    parts: Any = [value, html.Span(f" {note}", className="unit")] if note else value
    return html.Div([html.Dt(label), html.Dd(parts, className=f"{tone} {kind}".strip())], className="figure")
