"""Regimes: the current one and why, and the returns in each."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.charts import regime_comparison
from dashboard.charts.regime_comparison import Earned
from dashboard.regimes import layout, macro_state
from dashboard.ui.chart_box import graph
from dashboard.ui.notices import or_notice
from dashboard.ui.shell import Snapshot

SNAPSHOT = Input("shell-snapshot", "data")
CHOICE = (Input("regimes-by", "value"), Input("regimes-of", "value"))


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(
        __name__, path="/regimes", name="Regimes", title="Regimes · Macrofolio", order=3, layout=layout.page
    )  # type: ignore[no-untyped-call]
    app.callback(Output("regimes-now", "children"), SNAPSHOT)(draw_now)
    app.callback(Output("regimes-strip", "children"), Output("regimes-strip", "aria-label"), SNAPSHOT)(draw_strip)
    app.callback(Output("regimes-url", "search"), *CHOICE, prevent_initial_call=True)(keep_choice)
    app.callback(Output("regimes-of", "data"), SNAPSHOT)(offer_tickers)
    app.callback(Output("regimes-bars", "children"), Output("regimes-bars", "aria-label"), SNAPSHOT, *CHOICE)(draw_bars)
    app.callback(Output("regimes-table", "children"), SNAPSHOT, *CHOICE)(draw_table)
    app.callback(Output("regimes-tickers", "children"), SNAPSHOT, Input("regimes-by", "value"))(draw_tickers)


@or_notice
def draw_now(snapshot: Snapshot | None) -> list[Component] | dmc.Alert:
    """Today's regime with its indicators."""
    _require(snapshot)
    state = macro_state.state_on(user_api.current().macro_context(), datetime.now(UTC).date())
    return layout.now(state) if state else layout.no_classification()


def draw_strip(snapshot: Snapshot | None) -> tuple[dcc.Graph, str]:
    """From the portfolio's first day, or the first known regime, to the last day with one."""
    _require(snapshot)
    api = user_api.current()
    spans = api.macro_context()["spans"]
    regimes = [span for span in spans if span["kind"] == "regime"]
    if not regimes:
        raise PreventUpdate
    begun = [window["from_date"] for window in api.windows() if window["time_window"] == "all"]
    first = max([*begun, min(span["valid_from"] for span in regimes)])
    last = min(datetime.now(UTC).date().isoformat(), max(span["valid_to"] for span in regimes))
    return graph(regime_comparison.strip(spans, first, last)), regime_comparison.in_words(spans, first, last)


def keep_choice(by: str, of: str | None) -> str:
    """The address that shows the same again."""
    chosen = {"by": by} | ({"of": of} if of else {})
    return f"?{urlencode(chosen)}"


def offer_tickers(snapshot: Snapshot | None) -> list[dict[str, str]]:
    """Of what the returns can be shown."""
    _require(snapshot)
    return layout.choices_of(sorted({row["ticker"] for row in user_api.current().regimes_by_ticker()}))


def draw_bars(snapshot: Snapshot | None, by: str, of: str | None) -> tuple[dcc.Graph, str]:
    """The return a year in each regime, with its range, and the same in words."""
    _require(snapshot)
    rows = _rows(by, of)
    return graph(regime_comparison.returns(rows)), layout.gist(rows)


@or_notice
def draw_table(snapshot: Snapshot | None, by: str, of: str | None) -> list[Component] | dmc.Alert:
    """The figures of each regime, for the portfolio or the chosen ticker."""
    _require(snapshot)
    rows = _rows(by, of)
    return layout.performance_table(rows, by, of or "") if rows else layout.no_returns()


@or_notice
def draw_tickers(snapshot: Snapshot | None, by: str) -> html.Div | dmc.Alert:
    """The return of each ticker in each regime."""
    _require(snapshot)
    rows = [row for row in user_api.current().regimes_by_ticker() if row["dimension"] == by]
    return layout.ticker_table(rows, by) if rows else layout.no_returns()


def _rows(by: str, of: str | None) -> list[Earned]:
    api = user_api.current()
    if not of:
        return regime_comparison.in_order(api.regimes(), by)
    return regime_comparison.in_order((row for row in api.regimes_by_ticker() if row["ticker"] == of), by)


def _require(snapshot: Snapshot | None) -> None:
    """Draw nothing before the first look at the status; redraw everything when it changes."""
    if not snapshot:
        raise PreventUpdate
