"""Regimes: which one reigns and why, and what was earned in each."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import dash
from dash import Input, Output, callback
from dash.exceptions import PreventUpdate

from dashboard import macro_state, regime_charts, regimes_view, user_api
from dashboard.graphs import graph
from dashboard.notices import or_notice

dash.register_page(__name__, path="/regimes", name="Regimes", title="Regimes · Macrofolio", order=2)  # type: ignore[no-untyped-call]

layout = regimes_view.page
SNAPSHOT = Input("shell-snapshot", "data")
CHOICE = (Input("regimes-by", "value"), Input("regimes-of", "value"))


@callback(Output("regimes-now", "children"), SNAPSHOT)
@or_notice
def draw_now(snapshot: dict[str, Any] | None) -> Any:
    _require(snapshot)
    state = macro_state.state_on(user_api.current().macro_context(), datetime.now(UTC).date())
    return regimes_view.now(state) if state else regimes_view.no_classification()


@callback(Output("regimes-strip", "children"), Output("regimes-strip", "aria-label"), SNAPSHOT)
def draw_strip(snapshot: dict[str, Any] | None) -> tuple[Any, str]:
    """From the first day of the portfolio, or from the first regime known, to the last day that has one."""
    _require(snapshot)
    api = user_api.current()
    spans = api.macro_context()["spans"]
    regimes = [span for span in spans if span["kind"] == "regime"]
    if not regimes:
        raise PreventUpdate
    begun = [window["from_date"] for window in api.windows() if window["time_window"] == "all"]
    first = max([*begun, min(span["valid_from"] for span in regimes)])
    last = min(datetime.now(UTC).date().isoformat(), max(span["valid_to"] for span in regimes))
    return graph(regime_charts.strip(spans, first, last)), regime_charts.in_words(spans, first, last)


@callback(Output("regimes-url", "search"), *CHOICE, prevent_initial_call=True)
def keep_choice(by: str, of: str | None) -> str:
    chosen = {"by": by} | ({"of": of} if of else {})
    return f"?{urlencode(chosen)}"


@callback(Output("regimes-of", "data"), SNAPSHOT)
def offer_tickers(snapshot: dict[str, Any] | None) -> Any:
    _require(snapshot)
    return regimes_view.choices_of(sorted({row["ticker"] for row in user_api.current().regimes_by_ticker()}))


@callback(Output("regimes-bars", "children"), Output("regimes-bars", "aria-label"), SNAPSHOT, *CHOICE)
def draw_bars(snapshot: dict[str, Any] | None, by: str, of: str | None) -> tuple[Any, str]:
    _require(snapshot)
    rows = _rows(by, of)
    return graph(regime_charts.returns(rows)), regimes_view.gist(rows)


@callback(Output("regimes-table", "children"), SNAPSHOT, *CHOICE)
@or_notice
def draw_table(snapshot: dict[str, Any] | None, by: str, of: str | None) -> Any:
    _require(snapshot)
    rows = _rows(by, of)
    return regimes_view.performance_table(rows, by, of or "") if rows else regimes_view.no_returns()


@callback(Output("regimes-tickers", "children"), SNAPSHOT, Input("regimes-by", "value"))
@or_notice
def draw_tickers(snapshot: dict[str, Any] | None, by: str) -> Any:
    _require(snapshot)
    rows = [row for row in user_api.current().regimes_by_ticker() if row["dimension"] == by]
    return regimes_view.ticker_table(rows, by) if rows else regimes_view.no_returns()


def _rows(by: str, of: str | None) -> list[dict[str, Any]]:
    api = user_api.current()
    rows = [row for row in api.regimes_by_ticker() if row["ticker"] == of] if of else api.regimes()
    return regime_charts.in_order(rows, by)


def _require(snapshot: dict[str, Any] | None) -> None:
    """Before the first look at the status nothing is drawn; when it changes everything is drawn anew."""
    if not snapshot:
        raise PreventUpdate
