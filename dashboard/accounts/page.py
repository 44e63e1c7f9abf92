"""Accounts: where entries are kept, what cash is there, and whether it matches the broker's paper."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Input, NoUpdate, Output, State, ctx, html, no_update
from dash.development.base_component import ComponentType
from dash.exceptions import PreventUpdate

from dashboard.accounts import layout, matching, statement
from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import AccountOut, CashStatement
from dashboard.ui import notices
from dashboard.ui.notices import or_notice
from dashboard.ui.shell import Snapshot

FAILURES = (ApiRefusalError, ApiUnavailableError)
NEW, KNOWN = ("name", "currency"), ("name", "currency", "tracks_cash")
DAYS_AT_FIRST = 90
CHANGED = Input("accounts-changed", "data")
SNAPSHOT = Input("shell-snapshot", "data")
WAKE = Output("shell-wake", "data", allow_duplicate=True)
NOTED = Output("accounts-changed", "data", allow_duplicate=True)
MESSAGE = Output("accounts-change-message", "children", allow_duplicate=True)
DIALOG = Output("accounts-dialog", "opened", allow_duplicate=True)
CHOSEN = State("accounts-chosen", "data")


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/accounts", name="Accounts", title="Accounts · Macrofolio", order=2, layout=show
    )
    _wire_list(app)
    _wire_changes(app)
    _wire_statement(app)


def show(**_query: str) -> html.Div:
    """The page, with the statement of the last days."""
    today = datetime.now(UTC).date()
    return layout.page((today - timedelta(days=DAYS_AT_FIRST)).isoformat(), today.isoformat())


def _wire_list(app: dash.Dash) -> None:
    app.callback(Output("accounts-list", "children"), SNAPSHOT, CHANGED)(show_accounts)
    app.callback(
        output={
            "errors": {name: Output(f"accounts-new-{name}", "error") for name in NEW},
            "form": {name: Output(f"accounts-new-{name}", "value") for name in NEW},
            "message": Output("accounts-open-message", "children"),
            "changed": Output("accounts-changed", "data"),
        },
        inputs={"clicks": Input("accounts-open", "n_clicks")},
        state={
            "form": {name: State(f"accounts-new-{name}", "value") for name in NEW},
            "tracks_cash": State("accounts-new-tracks_cash", "checked"),
        },
        prevent_initial_call=True,
        running=[(Output("accounts-open", "loading"), True, False)],
    )(open_account)


def _wire_changes(app: dash.Dash) -> None:
    app.callback(
        output={
            "opened": Output("accounts-dialog", "opened"),
            "name": Output("accounts-name", "value"),
            "currency": Output("accounts-currency", "value"),
            "tracks_cash": Output("accounts-tracks_cash", "checked"),
            "errors": {name: Output(f"accounts-{name}", "error") for name in KNOWN},
            "message": Output("accounts-change-message", "children"),
            "close": Output("accounts-close", "children"),
            "delete": Output("accounts-delete", "display"),
            "chosen": Output("accounts-chosen", "data"),
        },
        inputs={"_clicks": Input({"type": "accounts-change", "account_id": ALL}, "n_clicks")},
        prevent_initial_call=True,
    )(choose_account)
    app.callback(
        output={
            "errors": {name: Output(f"accounts-{name}", "error", allow_duplicate=True) for name in KNOWN},
            "message": MESSAGE,
            "opened": DIALOG,
            "changed": NOTED,
            "wake": WAKE,
        },
        inputs={"clicks": Input("accounts-save", "n_clicks"), "close": Input("accounts-close", "n_clicks")},
        state={
            "form": {name: State(f"accounts-{name}", "value") for name in NEW},
            "tracks_cash": State("accounts-tracks_cash", "checked"),
            "chosen": CHOSEN,
        },
        prevent_initial_call=True,
    )(change_account)
    app.callback(MESSAGE, DIALOG, NOTED, Input("accounts-delete", "n_clicks"), CHOSEN, prevent_initial_call=True)(
        delete_account
    )


def _wire_statement(app: dash.Dash) -> None:
    of = Input("accounts-of", "value")
    app.callback(
        Output("accounts-of", "data"), Output("accounts-of", "value"), SNAPSHOT, CHANGED, State("accounts-of", "value")
    )(offer_accounts)
    app.callback(
        Output("accounts-statement", "children"),
        of,
        Input("accounts-from", "value"),
        Input("accounts-to", "value"),
        SNAPSHOT,
        CHANGED,
    )(show_statement)
    paper = {"balance": "accounts-paper", "day": "accounts-day", "currency": "accounts-paper-currency"}
    app.callback(
        output={
            "shown": Output("accounts-comparison", "children"),
            "error": Output("accounts-paper", "error"),
            "currency": Output("accounts-paper-currency", "value"),
        },
        inputs={
            "_clicks": Input("accounts-compare", "n_clicks"),
            "_entered": Input("accounts-paper", "n_submit"),
        },
        state={
            "of": State("accounts-of", "value"),
            "paper": {name: State(control, "value") for name, control in paper.items()},
        },
        prevent_initial_call=True,
    )(compare)


@or_notice
def show_accounts(snapshot: Snapshot | None, _changed: str | None) -> html.Div:
    """Every account with its balances, read again after each change."""
    _require(snapshot)
    api = user_api.current()
    return layout.account_table(api.accounts(), api.cash())


def open_account(clicks: int | None, form: dict[str, str], tracks_cash: bool) -> dict[str, object]:
    """Open the account that the form describes, or say what is wrong with it."""
    _require(clicks)
    typed = _typed(form)
    try:
        user_api.current().open_account(
            {name: text for name, text in typed.items() if text} | {"tracks_cash": tracks_cash}
        )
    except FAILURES as error:
        errors, message = _refused(error, NEW)
        return {"errors": errors, "form": dict.fromkeys(NEW, no_update), "message": message, "changed": no_update}
    blank = dict.fromkeys(NEW, "")
    message = notices.done(f"{typed['name']} is open.")
    return {"errors": blank, "form": blank, "message": message, "changed": str(uuid.uuid4())}


def choose_account(_clicks: list[int | None]) -> dict[str, object]:
    """What the dialog shows of the account that was pressed."""
    if not isinstance(ctx.triggered_id, dict) or not any(changed["value"] for changed in ctx.triggered):
        raise PreventUpdate
    wanted = ctx.triggered_id["account_id"]
    accounts = user_api.current().accounts()
    account = next((row for row in accounts if row["account_id"] == wanted), None)
    if account is None:
        raise PreventUpdate
    shown: dict[str, object] = {name: account.get(name) for name in KNOWN}
    close = "Reopen the account" if account["is_closed"] else "Close the account"
    delete = "none" if account == accounts[0] else "block"  # the first one takes what names none
    about = {"opened": True, "errors": dict.fromkeys(KNOWN, ""), "message": None, "chosen": account}
    return shown | about | {"close": close, "delete": delete}


def change_account(
    clicks: int | None, close: int | None, form: dict[str, str], tracks_cash: bool, chosen: AccountOut | None
) -> dict[str, object]:
    """Save the dialog, or close or reopen its account."""
    if not chosen or not (clicks or close):
        raise PreventUpdate
    if ctx.triggered_id == "accounts-close":
        wanted: dict[str, object] = {"is_closed": not chosen["is_closed"]}
    else:
        typed: dict[str, object] = _typed(form) | {"tracks_cash": tracks_cash}
        wanted = {name: value for name, value in typed.items() if value != chosen.get(name)}
    try:
        user_api.current().change_account(chosen["account_id"], wanted)
    except FAILURES as error:
        errors, message = _refused(error, KNOWN)
        return {"errors": errors, "message": message, "opened": True, "changed": no_update, "wake": no_update}
    noted, blank = str(uuid.uuid4()), dict.fromkeys(KNOWN, "")
    return {"errors": blank, "message": None, "opened": False, "changed": noted, "wake": noted}


def delete_account(clicks: int | None, chosen: AccountOut | None) -> tuple[dmc.Alert | None, bool, str | NoUpdate]:
    """Delete the chosen account, or say why it stays."""
    if not clicks or not chosen:
        raise PreventUpdate
    try:
        user_api.current().delete_account(chosen["account_id"])
    except FAILURES as error:
        return notices.not_done(error), True, no_update
    return None, False, str(uuid.uuid4())


def offer_accounts(
    snapshot: Snapshot | None, _changed: str | None, chosen: str | None
) -> tuple[list[dict[str, str]], str | None]:
    """Those that keep cash."""
    _require(snapshot)
    accounts = [row for row in user_api.current().accounts() if row["tracks_cash"]]
    known = [row["account_id"] for row in accounts]
    data = [{"value": row["account_id"], "label": row["name"]} for row in accounts]
    return data, chosen if chosen in known else next(iter(known), None)


@or_notice
def show_statement(
    of: str | None, first_day: str | None, last_day: str | None, snapshot: Snapshot | None, _changed: str | None
) -> ComponentType:
    """The statement of the chosen account and days, or why there is none."""
    _require(snapshot)
    if not of:
        return layout.none_with_cash()
    if not first_day or not last_day:  # the day is still being typed
        raise PreventUpdate
    return statement.tables(user_api.current().statement(of, first_day, last_day), first_day, last_day)


def compare(
    _clicks: int | None, _entered: int | None, of: str | None, paper: dict[str, str | None]
) -> dict[str, object]:
    """The balance of the paper beside the ledger's."""
    _require(ctx.triggered[0]["value"])
    balance, day = statement.amount_of(paper["balance"]), paper["day"]
    untouched: dict[str, object] = {"shown": None, "error": "", "currency": no_update}
    if not of or not day:
        return untouched | {"shown": layout.none_with_cash()}
    if balance is None:
        return untouched | {"error": "Enter the balance as a number, such as 1234.56."}
    try:
        found = user_api.current().statement(of, None, day)
        currency = (paper["currency"] or "").strip().upper() or _currency(of, [row["currency"] for row in found])
    except FAILURES as error:
        return untouched | {"shown": notices.not_done(error)}
    nothing: CashStatement = {"currency": currency, "opening": "0", "movements": [], "closing": "0"}
    account = next((row for row in found if row["currency"] == currency), nothing)
    missing = matching.difference(account["closing"], balance)
    causes = matching.causes(missing, account["movements"])
    return untouched | {"shown": statement.comparison(missing, currency, day, causes), "currency": currency}


def _currency(account_id: str, moved: list[str]) -> str:
    """The account's own currency, or the only one that moved in it."""
    if len(moved) == 1:
        return moved[0]
    return str(next(row["currency"] for row in user_api.current().accounts() if row["account_id"] == account_id))


def _refused(error: Exception, names: tuple[str, ...]) -> tuple[dict[str, str], dmc.Alert | None]:
    """What stands in the way of a change is told in a whole sentence at its field, what is wrong with a field as is."""
    if isinstance(error, ApiRefusalError) and error.status == HTTPStatus.CONFLICT:
        fields = dict.fromkeys(error.fields, error.message)
        return notices.refused(replace(error, fields=fields), names)
    return notices.refused(error, names)


def _typed(form: dict[str, str]) -> dict[str, str]:
    return {"name": " ".join((form["name"] or "").split()), "currency": (form["currency"] or "").strip().upper()}


def _require(asked: object) -> None:
    if not asked:  # the button has only just appeared, or the API has told nothing yet
        raise PreventUpdate
