"""Portfolio Analytics: what the portfolio is worth, what it returned, and in which macro regime."""

from datetime import date
from typing import Any

import dash
from dash import ALL, Input, Output, State, callback, ctx
from dash.exceptions import PreventUpdate

from dashboard import analytics_view, charts, user_api
from dashboard.tables import ordered
from dashboard.windows import base_day, rebased

dash.register_page(__name__, path="/", name="Analytics", title="Analytics · Macrofolio", order=0)  # type: ignore[no-untyped-call]

layout = analytics_view.page


@callback(
    Output("analytics-welcome", "children"),
    Output("analytics-content", "className"),
    Input("shell-snapshot", "data"),
)
def choose_view(snapshot: dict[str, Any] | None) -> tuple[Any, str]:
    if not snapshot:
        raise PreventUpdate
    if snapshot["as_of_date"]:
        return None, ""
    return analytics_view.welcome(trades_pending=snapshot["first_trades_pending"]), "hidden"


@callback(Output("analytics-headline", "children"), Input("shell-snapshot", "data"))
def draw_headline(snapshot: dict[str, Any] | None) -> Any:
    _require_history(snapshot)
    return analytics_view.headline(user_api.current().performance())


@callback(
    Output("analytics-value", "figure"),
    Output("analytics-return", "figure"),
    Output("analytics-drawdown", "figure"),
    Input("shell-snapshot", "data"),
    Input("analytics-window", "value"),
)
def draw_history(snapshot: dict[str, Any] | None, window: str) -> tuple[Any, Any, Any]:
    as_of = _require_history(snapshot)
    base = base_day(date.fromisoformat(as_of), window)
    api = user_api.current()
    series = rebased(api.timeseries(base.isoformat() if base else None), base)
    if not series["date"]:
        raise PreventUpdate
    spans = api.macro_context(series["date"][0], series["date"][-1])["spans"]
    currency = api.performance()["base_currency"]
    return (
        charts.portfolio_value(series, spans, currency),
        charts.cumulative_return(series, spans),
        charts.drawdown(series),
    )


@callback(
    Output("analytics-regime-bars", "figure"),
    Output("analytics-regime-table", "children"),
    Input("shell-snapshot", "data"),
)
def draw_regimes(snapshot: dict[str, Any] | None) -> tuple[Any, Any]:
    _require_history(snapshot)
    rows = user_api.current().regimes()
    return charts.regime_returns(rows), analytics_view.regime_table(rows)


@callback(
    Output("analytics-order", "data"),
    Input({"type": "analytics-sort", "column": ALL}, "n_clicks"),
    State("analytics-order", "data"),
    prevent_initial_call=True,
)
def choose_order(clicks: list[int | None], order: dict[str, Any]) -> dict[str, Any]:
    """The same column again turns the order round."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    column = ctx.triggered_id["column"]
    descending = not order["descending"] if column == order["column"] else column != "ticker"
    return {"column": column, "descending": descending}


@callback(
    Output("analytics-tickers", "children"),
    Input("shell-snapshot", "data"),
    Input("analytics-order", "data"),
)
def draw_tickers(snapshot: dict[str, Any] | None, order: dict[str, Any]) -> Any:
    _require_history(snapshot)
    rows = ordered(user_api.current().tickers(), order["column"], descending=order["descending"])
    return analytics_view.ticker_table(rows, order)


def _require_history(snapshot: dict[str, Any] | None) -> str:
    """The day the figures are as of; there is nothing to draw before the first."""
    if not snapshot or not snapshot["as_of_date"]:
        raise PreventUpdate
    as_of: str = snapshot["as_of_date"]
    return as_of
