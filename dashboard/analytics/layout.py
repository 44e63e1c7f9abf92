"""The layout of the analytics page; fetches no data."""

from collections.abc import Sequence

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.analytics.controls import allocation_choice, bar, rolling_choice
from dashboard.analytics.state import View
from dashboard.api.payloads import Drawdown
from dashboard.ui import chart_box, formats
from dashboard.ui.tables import Column, table

ROW_HEIGHT, HEADING_HEIGHT = 26, 40  # pixels per year in the heat map of months, and for the months' names


def page(**query: str) -> html.Div:
    """The page as its address describes it (`query`); callbacks fill it."""
    view = View.from_query(query)
    return html.Div(
        [
            dcc.Location(id="analytics-url", refresh=False),
            dcc.Store(id="analytics-range"),
            dcc.Store(id="analytics-order", data={"column": "market_value", "descending": True}),
            html.Div(
                [html.H1("Portfolio analytics"), html.P(id="analytics-currency", className="muted")],
                className="analytics-title",
            ),
            html.Div(id="analytics-welcome"),
            html.Div(_sections(view), id="analytics-content"),
        ]
    )


def _sections(view: View) -> list[Component]:
    return [
        bar(view),
        html.Div(_headline_skeleton(), id="analytics-headline"),
        _chart("Value and net invested", "Market value, and deposits minus withdrawals.", "analytics-value"),
        _chart(
            "Time-weighted return",
            html.Span("Only markets move this line, not purchases and sales.", id="analytics-return-words"),
            "analytics-return",
        ),
        _drawdown(),
        _chart(
            "Monthly returns",
            "Time-weighted and nominal, compounded to each year.",
            "analytics-months",
            "months",
        ),
        _rolling(view),
        _pair(
            _chart(
                "Allocation",
                "Current holdings at market value.",
                "analytics-allocation",
                "medium",
                allocation_choice(view),
            ),
            _chart(
                "Profit and loss by ticker",
                "Largest gains and losses over the whole history.",
                "analytics-pnl",
                "medium",
            ),
        ),
        _pair(
            _chart(
                "Return by macro regime",
                "Annualised, over the days of each regime as known then.",
                "analytics-regime-bars",
                "short",
                dcc.Link("Phases, tickers and indicators", href="/regimes"),
            ),
            _chart("Dividends by year", "By ex-date.", "analytics-dividends", "short"),
        ),
        html.Section(
            [
                _heading(
                    "Holdings by ticker", "Whole history; the small lines show the growth of one unit while held."
                ),
                html.Div(dmc.Skeleton(height=320), id="analytics-tickers"),
            ],
            className="card",
        ),
    ]


def welcome(*, trades_pending: bool) -> html.Section:
    """What stands in the place of charts while there are none: the first steps, or that figures are on their way."""
    if trades_pending:
        return html.Section(
            [
                html.H2("Processing your first transactions"),
                html.P("The charts will appear here automatically."),
            ],
            className="card welcome",
        )
    steps: list[ComponentType] = [
        [dcc.Link("Record a purchase", href="/ledger"), ": ticker, quantity, price and date are enough."],
        "Its full price history is loaded right away; the charts follow a few seconds later.",
        "Come back here for returns, drawdowns, and your performance in each macro regime.",
    ]
    return html.Section(
        [html.H2("Start with your first purchase"), html.Ol([html.Li(step) for step in steps])],
        className="card welcome",
    )


def base_currency(currency: str | None, as_of_date: str | None) -> str:
    """In what and as of when everything on the page is told."""
    return f"All amounts in {currency}, as of {formats.day(as_of_date)}."


def months_style(years: int) -> dict[str, str]:
    """As high as its box, or higher if it has more years than fit: then it scrolls."""
    return {"height": f"max(100%, {years * ROW_HEIGHT + HEADING_HEIGHT}px)"}


def episodes_table(episodes: Sequence[Drawdown], states: Sequence[str]) -> html.Div:
    """The deepest drawdowns, each with the macro state on its lowest day."""
    columns: list[Column[tuple[Drawdown, str]]] = [
        Column("Peak", lambda row: formats.day(row[0]["peak_on"]), numeric=False),
        Column("Lowest", lambda row: formats.day(row[0]["lowest_on"]), numeric=False),
        Column(
            "Recovered",
            lambda row: formats.day(row[0]["recovered_on"]) if row[0]["recovered_on"] else "Not yet",
            numeric=False,
        ),
        Column(
            "Depth", lambda row: formats.percent(row[0]["depth"]), numeric=False, tone_of=lambda row: row[0]["depth"]
        ),
        Column("Regime at the low", lambda row: row[1].capitalize(), numeric=False),
    ]
    return table("Deepest drawdowns", columns, list(zip(episodes, states, strict=True)))


def _drawdown() -> html.Section:
    return html.Section(
        [
            _heading("Drawdown", "Distance below the peak since the start of the window, and the deepest drawdowns."),
            chart_box.box("analytics-drawdown", "short"),
            html.Div(dmc.Skeleton(h="100%"), id="analytics-episodes"),
        ],
        className="card",
    )


def _rolling(view: View) -> html.Section:
    pair = [
        html.Div([html.H3("Annualised volatility"), chart_box.box("analytics-volatility", "short")]),
        html.Div([html.H3("Sharpe ratio"), chart_box.box("analytics-sharpe", "short")]),
    ]
    return html.Section(
        [
            _heading(
                "Rolling risk",
                "Each point covers this period up to its day, including days before the window.",
                rolling_choice(view),
            ),
            dmc.SimpleGrid(pair, cols={"base": 1, "md": 2}, spacing="xl"),
        ],
        className="card",
    )


def _pair(*sections: html.Section) -> dmc.SimpleGrid:
    return dmc.SimpleGrid(list(sections), cols={"base": 1, "md": 2}, spacing="md", verticalSpacing=0)


def _chart(
    title: str, subtitle: ComponentType, graph_id: str, size: str = "tall", control: Component | None = None
) -> html.Section:
    return html.Section([_heading(title, subtitle, control), chart_box.box(graph_id, size)], className="card")


def _heading(title: str, subtitle: ComponentType, control: Component | None = None) -> html.Div:
    words = html.Div([html.H2(title), html.P(subtitle, className="muted")])
    return html.Div([words, control], className="section-heading")


def _headline_skeleton() -> list[html.Div]:
    return [
        html.Div(dmc.Skeleton(h="100%"), className=f"card {name}")
        for name in ("analytics-worth", "analytics-three", "analytics-risk")
    ]
