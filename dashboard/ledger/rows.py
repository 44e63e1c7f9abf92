"""The actions of the ledger grid: show, edit, delete, undo, and a row's history."""

import uuid
from urllib.parse import urlencode

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Dash, Input, NoUpdate, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.ledger import grid, progress, trade_form, versions
from dashboard.ledger.entry_types import TYPES, named
from dashboard.ledger.grid import GridRow
from dashboard.ledger.progress import Journey
from dashboard.ledger.trade_form import CHOICES, FIELDS, TEXTS

Notices = list[dict[str, str | bool]]

NOTIFY = Output("shell-notifications", "sendNotifications", allow_duplicate=True)
WAKE = Output("shell-wake", "data", allow_duplicate=True)
JOURNEY = Output("ledger-journey", "data", allow_duplicate=True)
REMOVED = Output("ledger-removed", "children", allow_duplicate=True)
SELECTED = State("ledger-grid", "selectedRows")


def wire(app: Dash) -> None:
    """Register the callbacks of the grid and its surroundings."""
    _wire_rows(app)
    _wire_choice(app)
    _wire_actions(app)
    _wire_deletion(app)


def _wire_rows(app: Dash) -> None:
    app.callback(
        Output("ledger-grid", "rowData"),
        Output("ledger-told", "children"),
        Output("ledger-more", "display"),
        Input("ledger-asked", "data"),
        Input("ledger-limit", "data"),
        Input("shell-wake", "data"),
        Input("shell-snapshot", "data"),
    )(show)
    app.callback(
        Output("ledger-limit", "data"),
        Input("ledger-more", "n_clicks"),
        State("ledger-limit", "data"),
        prevent_initial_call=True,
    )(show_more)


def _wire_choice(app: Dash) -> None:
    app.callback(
        Output("ledger-of", "data"),
        Output("ledger-of", "value"),
        Input("shell-snapshot", "data"),
        State("ledger-asked", "data"),
    )(offer_tickers)
    app.callback(
        Output("ledger-asked", "data"),
        Output("ledger-url", "search"),
        Input("ledger-of", "value"),
        State("ledger-asked", "data"),
        prevent_initial_call=True,
    )(choose_ticker)


def _wire_actions(app: Dash) -> None:
    app.callback(
        [Output(f"ledger-{name}", "disabled") for name in ("edit", "past", "delete")],
        Input("ledger-grid", "selectedRows"),
    )(offer_actions)
    app.callback(
        output={
            "entries": {name: Output(f"ledger-{name}", "value", allow_duplicate=True) for name in (*TEXTS, *CHOICES)},
            "errors": {name: Output(f"ledger-{name}", "error", allow_duplicate=True) for name in FIELDS},
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
    app.callback(
        Output("ledger-history", "children"),
        Output("ledger-history", "opened"),
        Input("ledger-past", "n_clicks"),
        SELECTED,
        prevent_initial_call=True,
    )(tell_history)


def _wire_deletion(app: Dash) -> None:
    app.callback(
        NOTIFY,
        REMOVED,
        WAKE,
        JOURNEY,
        Output("ledger-grid", "selectedRows"),
        Input("ledger-delete", "n_clicks"),
        SELECTED,
        prevent_initial_call=True,
    )(delete)
    app.callback(
        NOTIFY,
        REMOVED,
        WAKE,
        JOURNEY,
        Input({"type": "ledger-undo", "transaction": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(undo)


def show(ticker: str | None, most: int, _wake: object, _snapshot: object) -> tuple[list[GridRow], str, str]:
    """The newest `most` transactions, how many that is in words, and whether older ones can be fetched."""
    try:
        rows, older = user_api.current().transactions(most, ticker)
    except ApiRefusalError as refusal:  # not a ticker
        return [], refusal.message, "none"
    return grid.rows(rows, _account_names()), grid.told(len(rows), ticker, older=older), "block" if older else "none"


def offer_tickers(_snapshot: object, chosen: str | None) -> tuple[list[str], str | None]:
    """The tickers that the ledger can be narrowed to; the chosen one is among them, known or not."""
    known = {row["ticker"] for row in user_api.current().tickers()}
    return sorted(known | {chosen} if chosen else known), chosen


def choose_ticker(chosen: str | None, asked: str | None) -> tuple[str | None, str]:
    """The address bar shows the filter, for bookmarks."""
    if chosen == asked:
        raise PreventUpdate
    return chosen, f"?{urlencode({'ticker': chosen})}" if chosen else ""


def show_more(clicks: int | None, most: int) -> int:
    """How many transactions to show now."""
    if not clicks:
        raise PreventUpdate
    return most + grid.SHOWN


def offer_actions(selected: list[GridRow] | None) -> list[bool]:
    """Whether each of the three actions on a transaction is disabled."""
    return [not selected] * 3


def edit(_clicks: object, _double: object, _cancel: object, selected: list[GridRow] | None) -> dict[str, object]:
    """The form with the row's values; or as it was before, when nothing is to be changed after all."""
    untouched: dict[str, object] = {"errors": dict.fromkeys(FIELDS, ""), "message": None, "doubt": "none", "tab": "one"}
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    if ctx.triggered_id == "ledger-cancel":
        empty: dict[str, object] = dict.fromkeys(TEXTS, "") | trade_form.choices("BUY") | {"account_id": no_update}
        return untouched | {"entries": empty, "editing": None}
    if not selected or selected[0]["type"] not in TYPES:
        raise PreventUpdate
    return untouched | {"entries": trade_form.entries(selected[0]), "editing": selected[0]}


def delete(
    clicks: int | None, selected: list[GridRow] | None
) -> tuple[Notices | NoUpdate, dmc.Alert | NoUpdate, str | NoUpdate, Journey | NoUpdate, list[GridRow] | NoUpdate]:
    """Delete the selected transaction, and offer to undo."""
    if not clicks or not selected:
        raise PreventUpdate
    row = selected[0]
    try:
        user_api.current().delete(row["transaction_id"])
    except (ApiRefusalError, ApiUnavailableError) as refusal:
        return _notice("Not deleted", str(refusal), "red"), no_update, no_update, no_update, no_update
    journey = progress.journey(f"{named(row)}, deleted", row["ticker"])
    return no_update, grid.undo_offer(row), str(uuid.uuid4()), journey, []


def undo(_clicks: list[int | None]) -> tuple[Notices, NoUpdate | None, str | NoUpdate, Journey | NoUpdate]:
    """Record a deleted transaction again in its last version; with its own key, so that a repeat has no effect."""
    if not ctx.triggered[0]["value"] or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    transaction_id = ctx.triggered_id["transaction"]
    api = user_api.current()
    try:
        last = [version for version in api.history(transaction_id) if not version["is_deleted"]][-1]
        wanted = trade_form.transaction(last["type"], last, confirmed=True)  # its price has been accepted before
        recorded = api.record(wanted, f"undo-{transaction_id}")
    except (ApiRefusalError, ApiUnavailableError) as refusal:
        return _notice("Not taken back", str(refusal), "red"), no_update, no_update, no_update
    what = named(recorded)
    journey = progress.journey(f"{what}, recorded again", recorded["ticker"])
    return _notice("Recorded again", what, "green"), None, str(uuid.uuid4()), journey


def tell_history(clicks: int | None, selected: list[GridRow] | None) -> tuple[dmc.Timeline, bool]:
    """Every version of the selected transaction, and that the drawer with them is open."""
    if not clicks or not selected:
        raise PreventUpdate
    told = user_api.current().history(selected[0]["transaction_id"])
    return versions.timeline(told, _account_names()), True


def _account_names() -> dict[str, str]:
    return {account["account_id"]: account["name"] for account in user_api.current().accounts()}


def _notice(title: str, message: str, colour: str) -> Notices:
    return [{"action": "show", "title": title, "message": message, "color": colour, "withCloseButton": True}]
