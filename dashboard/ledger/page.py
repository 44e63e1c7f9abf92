"""Transaction Ledger: record trades, income and cash, change and delete what was recorded, bring a file along."""

import uuid
from collections.abc import Mapping

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ClientsideFunction, Input, NoUpdate, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import AccountOut, SuggestionOut, TransactionOut
from dashboard.ledger import layout, progress, rename, rows, trade_form, transfer
from dashboard.ledger.entry_types import NO_HINT, TYPES, named
from dashboard.ledger.grid import GridRow
from dashboard.ledger.progress import Journey
from dashboard.ledger.trade_form import CHOICES, FIELDS, OF_SOME_TYPES, TEXTS, AccountOption
from dashboard.ui.shell import Snapshot

CLEARED = dict.fromkeys(set(TEXTS) - {"trade_date"}, "")  # the next trade is often of the same day
FORM = {name: State(f"ledger-{name}", "value") for name in (*TEXTS, *CHOICES)}
RESULT = {
    "entries": {name: Output(f"ledger-{name}", "value", allow_duplicate=True) for name in TEXTS},
    "errors": {name: Output(f"ledger-{name}", "error", allow_duplicate=True) for name in FIELDS},
    "message": Output("ledger-message", "children", allow_duplicate=True),
    "doubt": Output("ledger-confirm", "display", allow_duplicate=True),
    "key": Output("ledger-key", "data"),
    "editing": Output("ledger-editing", "data", allow_duplicate=True),
    "journey": Output("ledger-journey", "data", allow_duplicate=True),
    "wake": Output("shell-wake", "data", allow_duplicate=True),
}
KEPT = dict.fromkeys(TEXTS, no_update)  # as they were typed
UNTOUCHED: dict[str, object] = dict.fromkeys(RESULT, no_update) | {
    "entries": KEPT,
    "errors": dict.fromkeys(FIELDS, ""),
    "message": None,
    "doubt": "none",
}


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/ledger", name="Ledger", title="Ledger · Macrofolio", order=1, layout=show
    )
    rename.wire(app)
    transfer.wire(app)
    rows.wire(app)
    app.callback(
        output=RESULT,
        inputs={
            "_clicks": Input("ledger-record", "n_clicks"),
            "_sure": Input("ledger-confirm", "n_clicks"),
            "_entered": [Input(f"ledger-{name}", "n_submit") for name in TEXTS if name != "ticker"],
        },
        state={
            "form": FORM,
            "key": State("ledger-key", "data"),
            "editing": State("ledger-editing", "data"),
            "accounts": State("ledger-accounts", "data"),
        },
        prevent_initial_call=True,
        running=[(Output("ledger-record", "loading"), True, False)],
    )(record)
    app.callback(
        Output("ledger-form-title", "children"),
        Output("ledger-record", "children"),
        Output("ledger-cancel", "display"),
        Input("ledger-editing", "data"),
    )(say_what_is_edited)
    _wire_fields(app)
    app.callback(
        Output("ledger-ticker", "data"),
        Output("ledger-ticker", "renderOption"),
        Output("ledger-ticker", "description"),
        Input("ledger-ticker", "value"),
    )(suggest_tickers)
    app.callback(
        Output("ledger-price", "description"),
        Output("ledger-quantity", "description"),
        Output("ledger-currency", "placeholder"),
        Input("ledger-ticker", "value"),
        Input("ledger-trade_date", "value"),
        Input("shell-snapshot", "data"),
        Input("ledger-message", "children"),
    )(give_hints)
    app.callback(
        Output("ledger-travel", "children"),
        Output("ledger-journey", "data", allow_duplicate=True),
        Input("ledger-journey", "data"),
        Input("shell-poll", "n_intervals"),
        Input("shell-snapshot", "data"),
        prevent_initial_call=True,
    )(follow)


def _wire_fields(app: dash.Dash) -> None:
    app.callback(
        Output("ledger-accounts", "data"),
        Output("ledger-account_id", "data"),
        Output("ledger-account_id", "value"),
        Input("shell-snapshot", "data"),
        State("ledger-account_id", "value"),
    )(offer_accounts)
    app.callback(
        output={
            "displays": {name: Output(f"ledger-{name}", "display") for name in (*OF_SOME_TYPES, "other", "account_id")},
            "labels": {name: Output(f"ledger-{name}", "label") for name in ("trade_date", "ticker")},
            "hint": Output("ledger-amount", "description"),
            "needs": Output("ledger-needs", "children"),
            "shown": Output("ledger-shown", "data"),
        },
        inputs={
            "chosen": {name: Input(f"ledger-{name}", "value") for name in CHOICES},
            "accounts": Input("ledger-accounts", "data"),
            "editing": Input("ledger-editing", "data"),
        },
    )(show_fields)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("ledger", "showForm"), Input("ledger-shown", "data")
    )


def show(ticker: str | None = None, **_query: str) -> html.Div:
    """Each visit gets an idempotency key: a form sent twice is one transaction."""
    return layout.page(str(uuid.uuid4()), ticker)


def record(
    form: dict[str, str | None], key: str, editing: GridRow | None, accounts: list[AccountOut], **_asked: object
) -> dict[str, object]:
    """Record, or change, what the form says; a refusal leaves everything as it was typed."""
    if not ctx.triggered[0]["value"]:  # the form has only just appeared
        raise PreventUpdate
    entry_type = trade_form.chosen_type(form)
    wanted = trade_form.transaction(entry_type, form, confirmed=ctx.triggered_id == "ledger-confirm")
    try:
        trade_form.require_all_fields(entry_type, wanted)
        trade_form.require_cash(entry_type, wanted, accounts)
        recorded = _recorded(wanted, key, editing)
    except ApiRefusalError as refusal:
        doubt = "block" if trade_form.can_be_confirmed(refusal) else "none"
        beside = trade_form.fields_shown(TYPES[entry_type], accounts)
        told = {"message": trade_form.refusal_message(refusal, beside), "errors": trade_form.errors(refusal)}
        return UNTOUCHED | told | {"doubt": doubt}
    except ApiUnavailableError as outage:
        return UNTOUCHED | {"message": trade_form.outage_message(outage)}
    next_key = str(uuid.uuid4())
    journey = progress.journey(named(recorded), recorded["ticker"])
    cleared = KEPT | CLEARED
    return UNTOUCHED | {"entries": cleared, "editing": None, "key": next_key, "wake": next_key, "journey": journey}


def _recorded(wanted: Mapping[str, object], key: str, editing: GridRow | None) -> TransactionOut:
    api = user_api.current()
    return api.revise(editing["transaction_id"], wanted) if editing else api.record(wanted, key)


def say_what_is_edited(editing: GridRow | None) -> tuple[str, str, str]:
    """Heading of the form, its button's words, and whether there is a way back to a new transaction."""
    if not editing:
        return "Record a transaction", "Record", "none"
    return f"Change: {named(editing)}", "Save change", "block"


def offer_accounts(_snapshot: object, chosen: str | None) -> tuple[list[AccountOut], list[AccountOption], str | None]:
    """The accounts, the first open one chosen until somebody chooses."""
    accounts = user_api.current().accounts()
    first = next((account["account_id"] for account in accounts if not account["is_closed"]), None)
    return accounts, trade_form.account_choice(accounts), chosen or first


def show_fields(
    chosen: dict[str, str | None], accounts: list[AccountOut], editing: GridRow | None
) -> dict[str, object]:
    """Only what an entry of the chosen type has."""
    entry_type = TYPES[trade_form.chosen_type(chosen)]
    shown = trade_form.fields_shown(entry_type, accounts)
    displays = {name: "block" if name in shown else "none" for name in (*OF_SOME_TYPES, "account_id")}
    first = "quantity" if entry_type.is_trade else "amount"
    return {
        "displays": displays | {"other": "inline-flex" if chosen["type"] == trade_form.MORE else "none"},
        "labels": trade_form.labels(entry_type),
        "hint": entry_type.hint,
        "needs": trade_form.needs(entry_type, accounts, chosen["account_id"]),
        "shown": f"ledger-{first}" if editing else None,
    }


def suggest_tickers(text: str | None) -> tuple[list[str], dict[str, object], str]:
    """Tickers to choose from, and what is known of each."""
    wanted = (text or "").strip().upper()
    found: list[SuggestionOut] = []
    if wanted:
        try:
            found = user_api.current().suggestions(wanted)
        except (ApiRefusalError, ApiUnavailableError):  # no ticker yet, or the provider is away: recording says so
            found = []
    told = trade_form.descriptions(found)
    option: dict[str, object] = {"function": "ledgerSuggestion", "options": {"descriptions": told}}
    return list(told), option, told.get(wanted) or NO_HINT


def give_hints(text: str | None, day: str | None, snapshot: Snapshot | None, _refusal: object) -> tuple[str, str, str]:
    """The day's prices next to the price, and the holding next to the quantity.

    Again after a refusal, because prices come with the first attempt to record a ticker.
    """
    ticker = (text or "").strip().upper()
    if not ticker or not day:
        return trade_form.PRICE_HINT, NO_HINT, ""
    api, known = user_api.current(), snapshot["as_of_date"] if snapshot else None
    try:
        last = min(day, known) if known else None
        held = trade_form.holding_hint(api.holdings(last), ticker, last) if last else NO_HINT
        prices = api.day_prices(ticker, day)
    except ApiRefusalError:  # nothing is known of that day here
        return trade_form.PRICE_HINT, NO_HINT, ""
    return trade_form.price_hint(prices), held, prices["currency"] or ""


def follow(journey: Journey | None, _polls: int | None, _snapshot: object) -> tuple[dmc.Paper, Journey | NoUpdate]:
    """Show how far the last change is, until it has arrived."""
    if not journey or journey["arrived"]:
        raise PreventUpdate
    status = user_api.current().status()
    shown = progress.shown(journey["what"], progress.steps(status, journey["tickers"]))
    arrived: Journey = {**journey, "arrived": True}
    return shown, arrived if progress.has_arrived(status) else no_update
