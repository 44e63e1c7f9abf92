"""The form that renames a ticker in all of its transactions."""

import uuid

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, NoUpdate, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.ledger import progress, trade_form
from dashboard.ledger.progress import Journey
from dashboard.ui import formats


def panel() -> html.Div:
    """The part of the ledger in which a ticker gets another symbol."""
    return html.Div(
        [
            html.P(
                "Use this when a listing's symbol changes. Every transaction moves to the new ticker in one "
                "step; each transaction's history keeps the old one.",
                className="muted",
            ),
            dmc.SimpleGrid(
                [
                    dmc.TextInput(id="ledger-old-ticker", label="Old ticker", placeholder="FB"),
                    dmc.TextInput(id="ledger-new-ticker", label="New ticker", placeholder="META"),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Checkbox(
                id="ledger-rename-sure", label="Accept prices far from the new ticker's", my="sm", radius="sm"
            ),
            dmc.Button("Rename", id="ledger-rename"),
            html.Div(id="ledger-renamed"),
        ]
    )


def wire(app: Dash) -> None:
    """Register the callback of the form."""
    app.callback(
        Output("ledger-renamed", "children"),
        Output("ledger-journey", "data", allow_duplicate=True),
        Output("shell-wake", "data", allow_duplicate=True),
        Input("ledger-rename", "n_clicks"),
        State("ledger-old-ticker", "value"),
        State("ledger-new-ticker", "value"),
        State("ledger-rename-sure", "checked"),
        prevent_initial_call=True,
        running=[(Output("ledger-rename", "loading"), True, False)],
    )(rename)


def rename(
    clicks: int | None, old: str | None, new: str | None, sure: bool | None
) -> tuple[dmc.Alert, Journey | NoUpdate, str | NoUpdate]:
    """Rename, and say how many transactions changed."""
    if not clicks:
        raise PreventUpdate
    ticker, new_ticker = (str(text or "").strip().upper() for text in (old, new))
    if not ticker or not new_ticker:
        return _alert("Enter the old and the new ticker.", "red"), no_update, no_update
    try:
        count = user_api.current().rename(ticker, new_ticker, confirmed=bool(sure))
    except ApiRefusalError as refusal:
        return trade_form.refusal_message(refusal), no_update, no_update
    except ApiUnavailableError as outage:
        return _alert(str(outage), "red"), no_update, no_update
    transactions = "transaction" if count == 1 else "transactions"
    what = f"{formats.count(count)} {transactions} of {ticker}, now {new_ticker}"
    return _alert(f"Renamed: {what}.", "green"), progress.journey(what, new_ticker), str(uuid.uuid4())


def _alert(said: str, colour: str) -> dmc.Alert:
    return dmc.Alert(said, color=colour, variant="light", my="sm")
