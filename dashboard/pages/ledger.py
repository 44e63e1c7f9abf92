"""Transaction Ledger: record a purchase or a sale, and see all there are."""

import uuid
from typing import Any

import dash
from dash import Input, Output, State, callback, no_update
from dash.exceptions import PreventUpdate

from dashboard import ledger_view, user_api
from dashboard.api_client import ApiRefusalError, ApiUnavailableError

dash.register_page(__name__, path="/ledger", name="Ledger", title="Ledger · Macrofolio", order=1)  # type: ignore[no-untyped-call]


def layout(**_query: str) -> Any:
    """Each visit gets an idempotency key: a form sent twice is one transaction."""
    return ledger_view.page(str(uuid.uuid4()))


ENTRIES = ("ticker", "quantity", "price", "fees", "note")  # what a recorded transaction clears; side and date stay
FORM = {name: State(f"ledger-{name}", "value") for name in (*ENTRIES, "trade_date", "side", "confirm")}
RESULT = {name: Output(f"ledger-{name}", "value") for name in (*ENTRIES, "confirm")} | {
    "message": Output("ledger-message", "children"),
    "doubt": Output("ledger-doubt", "className"),
    "key": Output("ledger-key", "data"),
    "wake": Output("shell-wake", "data"),
}
UNTOUCHED: dict[str, Any] = dict.fromkeys(RESULT, no_update)


@callback(
    output=RESULT,
    inputs={"clicks": Input("ledger-record", "n_clicks")},
    state={"form": FORM, "key": State("ledger-key", "data")},
    prevent_initial_call=True,
    running=[(Output("ledger-record", "disabled"), True, False)],
)
def record(clicks: int | None, form: dict[str, Any], key: str) -> dict[str, Any]:
    """Record what the form says; a refusal leaves everything as it was typed."""
    if not clicks:  # the form has only just appeared
        raise PreventUpdate
    transaction = ledger_view.transaction(form)
    try:
        ledger_view.require_all_fields(transaction)
        recorded = user_api.current().record(transaction, key)
    except ApiRefusalError as refusal:
        doubt = "field wide" if ledger_view.can_be_confirmed(refusal) else "hidden"
        return UNTOUCHED | {"message": ledger_view.refusal_message(refusal), "doubt": doubt}
    except ApiUnavailableError as outage:
        return UNTOUCHED | {"message": ledger_view.outage_message(outage)}
    next_key = str(uuid.uuid4())
    message = ledger_view.recorded_message(recorded)
    cleared: dict[str, Any] = dict.fromkeys(ENTRIES, "") | {"confirm": []}
    return cleared | {"message": message, "doubt": "hidden", "key": next_key, "wake": next_key}


@callback(Output("ledger-suggestions", "children"), Output("ledger-hint", "children"), Input("ledger-ticker", "value"))
def suggest_tickers(text: str | None) -> tuple[Any, str]:
    wanted = (text or "").strip().upper()
    if not wanted:
        return [], ""
    try:
        found = user_api.current().suggestions(wanted)
    except ApiRefusalError:  # not a ticker yet, or the provider is away: recording says so when it matters
        return [], ""
    return ledger_view.suggestions(found), ledger_view.hint(found, wanted)


@callback(
    Output("ledger-list", "children"),
    Output("ledger-older", "data"),
    Output("ledger-more", "className"),
    Input("shell-wake", "data"),
    Input("shell-snapshot", "data"),
)
def show_newest(_wake: str | None, _snapshot: dict[str, Any] | None) -> tuple[Any, str | None, str]:
    return _shown([], user_api.current().transactions())


@callback(
    Output("ledger-list", "children", allow_duplicate=True),
    Output("ledger-older", "data", allow_duplicate=True),
    Output("ledger-more", "className", allow_duplicate=True),
    Input("ledger-more", "n_clicks"),
    State("ledger-list", "children"),
    State("ledger-older", "data"),
    prevent_initial_call=True,
)
def show_older(clicks: int | None, shown: list[Any], cursor: str | None) -> tuple[Any, str | None, str]:
    if not clicks or not cursor:
        raise PreventUpdate
    return _shown(shown, user_api.current().transactions(cursor))


def _shown(above: list[Any], page: dict[str, Any]) -> tuple[Any, str | None, str]:
    tables = [*above, ledger_view.transaction_table(page["items"])]
    return tables, page["next_cursor"], "quiet" if page["next_cursor"] else "hidden"
