"""What the grid of the ledger does: show, change, delete and take it back, tell a row's history."""

import uuid
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Input, Output, State, callback, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ledger_form, ledger_grid, ledger_history, ledger_journey, user_api
from dashboard.api_client import ApiRefusalError, ApiUnavailableError
from dashboard.ledger_form import TEXTS

Row = dict[str, Any]
NOTIFY = Output("shell-notifications", "sendNotifications", allow_duplicate=True)
WAKE = Output("shell-wake", "data", allow_duplicate=True)
JOURNEY = Output("ledger-journey", "data", allow_duplicate=True)
REMOVED = Output("ledger-removed", "children", allow_duplicate=True)
SELECTED = State("ledger-grid", "selectedRows")


def wire() -> None:
    """Register the callbacks of the grid and of what stands around it."""
    _wire_rows()
    _wire_choice()
    _wire_actions()
    _wire_deletion()


def _wire_rows() -> None:
    callback(
        Output("ledger-grid", "rowData"),
        Output("ledger-told", "children"),
        Output("ledger-more", "display"),
        Input("ledger-asked", "data"),
        Input("ledger-limit", "data"),
        Input("shell-wake", "data"),
        Input("shell-snapshot", "data"),
    )(show)
    callback(
        Output("ledger-limit", "data"),
        Input("ledger-more", "n_clicks"),
        State("ledger-limit", "data"),
        prevent_initial_call=True,
    )(show_more)


def _wire_choice() -> None:
    callback(
        Output("ledger-of", "data"),
        Output("ledger-of", "value"),
        Input("shell-snapshot", "data"),
        State("ledger-asked", "data"),
    )(offer_tickers)
    callback(
        Output("ledger-asked", "data"),
        Output("ledger-url", "search"),
        Input("ledger-of", "value"),
        State("ledger-asked", "data"),
        prevent_initial_call=True,
    )(choose_ticker)


def _wire_actions() -> None:
    callback(
        [Output(f"ledger-{name}", "disabled") for name in ("edit", "past", "delete")],
        Input("ledger-grid", "selectedRows"),
    )(offer_actions)
    callback(
        output={
            "entries": {name: Output(f"ledger-{name}", "value", allow_duplicate=True) for name in (*TEXTS, "side")},
            "errors": {name: Output(f"ledger-{name}", "error", allow_duplicate=True) for name in TEXTS},
            "message": Output("ledger-message", "children", allow_duplicate=True),
            "doubt": Output("ledger-confirm", "display", allow_duplicate=True),
            "editing": Output("ledger-editing", "data", allow_duplicate=True),
            "tab": Output("ledger-tab", "value"),
        },
        inputs=[
            Input("ledger-edit", "n_clicks"),
            Input("ledger-grid", "cellDoubleClicked"),
            Input("ledger-cancel", "n_clicks"),
            SELECTED,
        ],
        prevent_initial_call=True,
    )(edit)
    callback(
        Output("ledger-history", "children"),
        Output("ledger-history", "opened"),
        Input("ledger-past", "n_clicks"),
        SELECTED,
        prevent_initial_call=True,
    )(tell_history)


def _wire_deletion() -> None:
    callback(
        NOTIFY,
        REMOVED,
        WAKE,
        JOURNEY,
        Output("ledger-grid", "selectedRows"),
        Input("ledger-delete", "n_clicks"),
        SELECTED,
        prevent_initial_call=True,
    )(delete)
    callback(
        NOTIFY,
        REMOVED,
        WAKE,
        JOURNEY,
        Input({"type": "ledger-undo", "transaction": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(undo)


def show(ticker: str | None, most: int, _wake: Any, _snapshot: Any) -> tuple[list[Row], str, str]:
    try:
        rows, older = user_api.current().transactions(most, ticker)
    except ApiRefusalError as refusal:  # of a ticker that cannot be one
        return [], refusal.message, "none"
    return ledger_grid.rows(rows), ledger_grid.told(len(rows), ticker, older=older), "block" if older else "none"


def offer_tickers(_snapshot: Any, chosen: str | None) -> tuple[list[str], str | None]:
    known = {row["ticker"] for row in user_api.current().tickers()}
    return sorted(known | {chosen} if chosen else known), chosen


def choose_ticker(chosen: str | None, asked: str | None) -> tuple[str | None, str]:
    """The address bar says what is shown, for a bookmark."""
    if chosen == asked:
        raise PreventUpdate
    return chosen, f"?{urlencode({'ticker': chosen})}" if chosen else ""


def show_more(clicks: int | None, most: int) -> int:
    if not clicks:
        raise PreventUpdate
    return most + ledger_grid.SHOWN


def offer_actions(selected: list[Row] | None) -> list[bool]:
    return [not selected] * 3


def edit(_clicks: Any, _double: Any, _cancel: Any, selected: list[Row] | None) -> dict[str, Any]:
    """The form with the row's values; or as it was before, when nothing is to be changed after all."""
    untouched = {"errors": dict.fromkeys(TEXTS, ""), "message": None, "doubt": "none", "tab": "one"}
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    if ctx.triggered_id == "ledger-cancel":
        empty = dict.fromkeys(TEXTS, "") | {"side": "BUY"}
        return untouched | {"entries": empty, "editing": None}
    if not selected:
        raise PreventUpdate
    return untouched | {"entries": ledger_form.entries(selected[0]), "editing": selected[0]}


def delete(clicks: int | None, selected: list[Row] | None) -> tuple[Any, ...]:
    """Delete the selected transaction, and offer to take that back."""
    if not clicks or not selected:
        raise PreventUpdate
    row = selected[0]
    try:
        user_api.current().delete(row["transaction_id"])
    except (ApiRefusalError, ApiUnavailableError) as refusal:
        return [_notice("Not deleted", str(refusal), "red")], no_update, no_update, no_update, no_update
    journey = ledger_journey.journey(f"{ledger_form.named(row)}, deleted", [row["ticker"]])
    return no_update, ledger_grid.undo_offer(row), str(uuid.uuid4()), journey, []


def undo(_clicks: list[int | None]) -> tuple[Any, ...]:
    """Record a deleted transaction again, as it stood last; under a key of its own, so that twice is once."""
    if not ctx.triggered[0]["value"] or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    transaction_id = ctx.triggered_id["transaction"]
    api = user_api.current()
    try:
        last = [version for version in api.history(transaction_id) if not version["is_deleted"]][-1]
        wanted = ledger_form.transaction(last, confirmed=True)  # its price has been accepted before
        recorded = api.record(wanted, f"undo-{transaction_id}")
    except (ApiRefusalError, ApiUnavailableError) as refusal:
        return [_notice("Not taken back", str(refusal), "red")], no_update, no_update, no_update
    what = ledger_form.named(recorded)
    journey = ledger_journey.journey(f"{what}, recorded again", [recorded["ticker"]])
    return [_notice("Recorded again", what, "green")], None, str(uuid.uuid4()), journey


def tell_history(clicks: int | None, selected: list[Row] | None) -> tuple[Any, bool]:
    if not clicks or not selected:
        raise PreventUpdate
    return ledger_history.timeline(user_api.current().history(selected[0]["transaction_id"])), True


def _notice(title: str, message: Any, colour: str) -> dict[str, Any]:
    return {"action": "show", "title": title, "message": message, "color": colour, "withCloseButton": True}
