"""Data: what prices and macro series there are, how fresh they are, and what was wrong with them."""

from datetime import UTC, datetime
from typing import Any

import dash
from dash import Input, Output, callback
from dash.exceptions import PreventUpdate

from dashboard import data_view, user_api
from dashboard.notices import or_notice

dash.register_page(__name__, path="/data", name="Data", title="Data · Macrofolio", order=3)  # type: ignore[no-untyped-call]

layout = data_view.page
SNAPSHOT = Input("shell-snapshot", "data")


@callback(Output("data-tickers", "children"), SNAPSHOT)
@or_notice
def show_tickers(snapshot: dict[str, Any] | None) -> Any:
    if not snapshot:
        raise PreventUpdate
    return data_view.ticker_table(user_api.current().ticker_data(), datetime.now(UTC).date())


@callback(Output("data-series", "children"), SNAPSHOT)
@or_notice
def show_series(snapshot: dict[str, Any] | None) -> Any:
    if not snapshot:
        raise PreventUpdate
    return data_view.series_table(user_api.current().series_data(), datetime.now(UTC).date())
