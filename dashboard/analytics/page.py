"""Portfolio Analytics: the portfolio's value and returns, and in which macro regimes they arose."""

from collections.abc import Mapping
from typing import Literal, TypedDict

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import charts
from dashboard.analytics import allocation, captions, headline, layout, ticker_table, windows
from dashboard.analytics.state import NOMINAL, View
from dashboard.analytics.ticker_table import Order
from dashboard.analytics.windows import Window, within
from dashboard.api import user_api
from dashboard.api.payloads import MacroSpan, RollingStatistics
from dashboard.api.rows import text
from dashboard.api.user_api import UserApi
from dashboard.charts.regimes import chosen_spans, states_on
from dashboard.ui.chart_box import graph
from dashboard.ui.shell import Snapshot
from dashboard.ui.tables import ordered

COLUMNS = ("market_value", "net_invested")
FALLS, MOVERS = 6, 12  # rows of the table of drawdowns, bars of profit and loss
RANGE = Input("analytics-range", "data")
SHADES = (Input("analytics-regimes", "value"), Input("analytics-known", "value"))
Words = str  # a chart in a sentence, for those who don't see it


class Span(TypedDict):
    """The window that is shown, in the store `analytics-range`; with a new snapshot the charts are drawn anew."""

    window: str
    days: list[str]
    all_days: list[str]
    currency: str
    snapshot: Snapshot


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(
        __name__, path="/", name="Analytics", title="Analytics · Macrofolio", order=0, layout=layout.page
    )  # type: ignore[no-untyped-call]
    app.callback(
        Output("analytics-welcome", "children"),
        Output("analytics-content", "className"),
        Input("shell-snapshot", "data"),
    )(choose_view)
    app.callback(
        Output("analytics-range", "data"),
        Output("analytics-window", "value"),
        Output("analytics-window", "data"),
        Output("analytics-days", "value"),
        Output("analytics-days", "minDate"),
        Output("analytics-days", "maxDate"),
        Input("shell-snapshot", "data"),
        Input("analytics-window", "value"),
        Input("analytics-days", "value"),
    )(choose_range)
    app.callback(
        Output("analytics-url", "search"),
        RANGE,
        {name: Input(f"analytics-{name}", "value") for name in ("basis", "regimes", "known", "by", "rolling")},
    )(remember)
    app.callback(Output("analytics-headline", "children"), Output("analytics-currency", "children"), RANGE)(
        draw_headline
    )
    app.callback(*drawn("analytics-value"), RANGE, *SHADES)(draw_value)
    app.callback(
        *drawn("analytics-return"),
        Output("analytics-return-words", "children"),
        RANGE,
        Input("analytics-basis", "value"),
        *SHADES,
    )(draw_return)
    app.callback(*drawn("analytics-drawdown"), Output("analytics-episodes", "children"), RANGE, *SHADES)(draw_drawdown)
    app.callback(*drawn("analytics-months"), RANGE)(draw_months)
    app.callback(
        *drawn("analytics-volatility"), *drawn("analytics-sharpe"), RANGE, Input("analytics-rolling", "value")
    )(draw_rolling)
    app.callback(*drawn("analytics-allocation"), RANGE, Input("analytics-by", "value"))(draw_allocation)
    app.callback(*drawn("analytics-pnl"), RANGE)(draw_profit_and_loss)
    app.callback(*drawn("analytics-dividends"), RANGE)(draw_dividends)
    app.callback(*drawn("analytics-regime-bars"), RANGE)(draw_regimes)
    app.callback(
        Output("analytics-order", "data"),
        Input({"type": "analytics-sort", "column": ALL}, "n_clicks"),
        State("analytics-order", "data"),
        prevent_initial_call=True,
    )(choose_order)
    app.callback(Output("analytics-tickers", "children"), RANGE, Input("analytics-order", "data"))(draw_tickers)


def drawn(graph_id: str) -> tuple[Output, Output]:
    """A chart's box, and its sentence for those who can't see it."""
    return Output(graph_id, "children"), Output(graph_id, "aria-label")


def choose_view(snapshot: Snapshot | None) -> tuple[html.Section | None, str]:
    """What newcomers see instead of charts, and the class that hides the charts from them."""
    if not snapshot:
        raise PreventUpdate
    if snapshot["as_of_date"]:
        return None, ""
    return layout.welcome(trades_pending=snapshot["first_trades_pending"]), "hidden"


def choose_range(
    snapshot: Snapshot | None, name: str, days: list[str | None] | None
) -> tuple[Span, str, list[dict[str, str | bool]], list[str], str, str]:
    """Chosen dates make a custom window; a chosen window shows its dates."""
    if not snapshot or not snapshot["as_of_date"]:
        raise PreventUpdate
    first_day, last_day = days or (None, None)
    if ctx.triggered_id == "analytics-days":
        name = windows.CUSTOM
        if not first_day or not last_day:  # the second day is still missing
            raise PreventUpdate
    items = user_api.current().windows()
    window = windows.chosen(items, name, first_day, last_day)
    whole = windows.chosen(items, windows.ALL)
    span: Span = {
        "window": window.name,
        "days": [window.first_day, window.last_day],
        "all_days": [whole.first_day, whole.last_day],
        "currency": whole.currency,
        "snapshot": snapshot,
    }
    return (
        span,
        window.name,
        windows.options(items),
        [window.first_day, window.last_day],
        whole.first_day,
        whole.last_day,
    )


def remember(span: Span | None, choices: dict[str, str]) -> str:
    """The address of the current view."""
    window = _window(span)
    return View(window.name, window.first_day, window.last_day, **choices).search()


def draw_headline(span: Span | None) -> tuple[list[Component], str]:
    """The figures at the top, and the sentence under the title."""
    window, api = _window(span), user_api.current()
    performance, method = api.performance(), api.account()["cost_basis_method"]
    about = layout.base_currency(performance["base_currency"], performance["as_of_date"])
    titles = {series["series_id"]: series["title"] for series in api.series_data()}
    return headline.headline(performance, window, _figures(api, window), method, api.tickers(), titles), about


def draw_value(span: Span | None, regimes: str, known: str) -> tuple[dcc.Graph, Words]:
    """Market value and money invested, day by day, and the same in words."""
    window, api = _window(span), user_api.current()
    series = within(api.timeseries(*COLUMNS), window.first_day, window.last_day)
    figure = charts.portfolio_value(series, _spans(api, span, regimes, known), window.currency)
    return graph(figure), captions.value(series, window.currency)


def draw_return(span: Span | None, basis: str, regimes: str, known: str) -> tuple[dcc.Graph, Words, str]:
    """Return beside the benchmark's, and the same in words for the chart and under it."""
    window, api = _window(span), user_api.current()
    lines, benchmark = api.returns(basis, *window.bounds), text(_figures(api, window), "benchmark")
    figure = charts.cumulative_return(lines, _spans(api, span, regimes, known), benchmark)
    gist = captions.cumulative_return(lines, basis, benchmark)
    return graph(figure), gist, gist


def draw_drawdown(span: Span | None, regimes: str, known: str) -> tuple[dcc.Graph, Words, html.Div]:
    """How far below its peak the portfolio was, the same in words, and the table of the deepest falls."""
    window, api = _window(span), user_api.current()
    lines, spans = api.returns(NOMINAL, *window.bounds), _spans(api, span, regimes, known)
    falls = api.drawdowns(FALLS, *window.bounds)
    states = states_on([fall["lowest_on"] for fall in falls], spans)
    figure, gist = charts.drawdown(lines["date"], lines["drawdown"], spans), captions.drawdown(lines["drawdown"], falls)
    return graph(figure), gist, layout.episodes_table(falls, states)


def draw_months(span: Span | None) -> tuple[dcc.Graph, Words]:
    """Returns of months and years as a calendar, and the same in words."""
    rows = user_api.current().calendar_returns(*_window(span).bounds)
    returns = {(row["period"], row["first_day"]): row["time_weighted_return"] for row in rows}
    months = {day[:7]: change for (period, day), change in returns.items() if period == "month"}
    years = {day[:4]: change for (period, day), change in returns.items() if period == "year"}
    figure = charts.monthly_returns(months, years)
    return graph(figure, layout.months_style(len(years))), captions.months(months)


def draw_rolling(span: Span | None, length: str) -> tuple[dcc.Graph, Words, dcc.Graph, Words]:
    """Volatility and Sharpe ratio of the last `length` trading days at each day, each with its words."""
    shown = user_api.current().rolling_statistics(int(length), *_window(span).bounds)
    return (
        *_rolling_chart(shown, "volatility", "Volatility", as_percent=True),
        *_rolling_chart(shown, "sharpe", "Sharpe ratio", as_percent=False),
    )


def draw_allocation(span: Span | None, by: str) -> tuple[dcc.Graph, Words]:
    """The parts of the portfolio on its last day, cash among them."""
    window, api = _window(span), user_api.current()
    shares = allocation.shares(api.tickers(), by, api.performance()["cash"] or 0.0)
    return graph(charts.allocation(shares, window.currency)), captions.allocation(shares)


def draw_profit_and_loss(span: Span | None) -> tuple[dcc.Graph, Words]:
    """Profit and loss of the tickers that moved most, and of all tickers the best and worst in words."""
    window, api = _window(span), user_api.current()
    tickers, method = api.tickers(), api.account()["cost_basis_method"]
    figure = charts.profit_and_loss(tickers, method, window.currency, MOVERS)
    return graph(figure), captions.profit_and_loss(tickers, window.currency)


def draw_dividends(span: Span | None) -> tuple[dcc.Graph, Words]:
    """Dividends by year, and the same in words."""
    window = _window(span)
    rows = user_api.current().dividends()
    return graph(charts.dividends(rows, window.currency)), captions.dividends(rows, window.currency)


def draw_regimes(span: Span | None) -> tuple[dcc.Graph, Words]:
    """Returns in each macro regime, and the same in words."""
    _window(span)
    rows = user_api.current().regimes()
    return graph(charts.regime_returns(rows)), captions.regimes(rows)


def choose_order(clicks: list[int | None], order: Order) -> Order:
    """Choosing the same column again reverses the order."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    column = ctx.triggered_id["column"]
    descending = not order["descending"] if column == order["column"] else column != "ticker"
    return {"column": column, "descending": descending}


def draw_tickers(span: Span | None, order: Order) -> html.Div:
    """The table of every ticker ever held, in the order that its headings ask for."""
    _window(span)
    api = user_api.current()
    rows = ordered(api.tickers(), order["column"], descending=order["descending"])
    history = {line["ticker"]: line["total_return_index"] for line in api.tickers_history()}
    return ticker_table.ticker_table(rows, history, api.account()["cost_basis_method"], order)


def _window(span: Span | None) -> Window:
    """The current window; before the first there is nothing to draw."""
    if not span:
        raise PreventUpdate
    first_day, last_day = span["days"]
    return Window(span["window"], first_day, last_day, span["currency"])


def _figures(api: UserApi, window: Window) -> Mapping[str, object]:
    """Every figure of the window; {} while the models are being built."""
    return api.window(window.place) or {}


def _spans(api: UserApi, span: Span | None, regimes: str, known: str) -> list[MacroSpan]:
    """Spans to shade; requested for the whole history, so that all windows share one document."""
    return chosen_spans(api.macro_context(*span["all_days"])["spans"], regimes, known) if span else []


def _rolling_chart(
    shown: RollingStatistics, column: Literal["volatility", "sharpe"], name: str, *, as_percent: bool
) -> tuple[dcc.Graph, Words]:
    figure = charts.rolling(shown["date"], shown[column], name, as_percent=as_percent)
    return graph(figure), captions.rolling(name, shown[column], as_percent=as_percent)
