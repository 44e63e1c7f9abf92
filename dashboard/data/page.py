"""Data: which prices and macro series there are, how fresh they are, and what is wrong with them."""

from datetime import UTC, datetime

import dash
from dash import Input, Output
from dash.development.base_component import ComponentType
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.data import layout
from dashboard.ui.notices import or_notice
from dashboard.ui.shell import Snapshot

SNAPSHOT = Input("shell-snapshot", "data")


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/data", name="Data", title="Data · Macrofolio", order=4, layout=layout.page
    )
    app.callback(Output("data-tickers", "children"), SNAPSHOT)(show_tickers)
    app.callback(Output("data-series", "children"), SNAPSHOT)(show_series)


@or_notice
def show_tickers(snapshot: Snapshot | None) -> ComponentType:
    """The table of prices, drawn anew when the figures are."""
    if not snapshot:
        raise PreventUpdate
    return layout.ticker_table(user_api.current().ticker_data(), datetime.now(UTC).date())


@or_notice
def show_series(snapshot: Snapshot | None) -> ComponentType:
    """The table of macro series, drawn anew when the figures are."""
    if not snapshot:
        raise PreventUpdate
    return layout.series_table(user_api.current().series_data(), datetime.now(UTC).date())
