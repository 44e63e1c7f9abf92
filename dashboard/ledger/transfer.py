"""The callbacks of the ledger's import and export."""

import uuid

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import ImportOutcome
from dashboard.ledger import file_import, progress
from dashboard.ledger.entry_types import NO_HINT
from dashboard.ledger.file_import import Chosen
from dashboard.ui import formats
from dashboard.ui.shell import Snapshot

CHOSEN = {
    "format": State("ledger-format", "value"),
    "symbols": State("ledger-symbols", "value"),
    "time_zone": State("ledger-zone", "value"),
    "confirm": State("ledger-accept", "checked"),
    "create_accounts": State("ledger-open-accounts", "checked"),
    "buy": State("ledger-buy", "value"),
    "sell": State("ledger-sell", "value"),
    "date_format": State("ledger-dates", "value"),
    "decimal": State("ledger-decimal", "value"),
    "its_currency": State("ledger-its-currency", "value"),
    "columns": State({"type": "ledger-column", "column": ALL}, "value"),
}


def wire(app: Dash) -> None:
    """Register the callbacks of import and export."""
    _wire_preview(app)
    _wire_import(app)
    app.callback(Output("ledger-download", "data"), Input("ledger-export", "n_clicks"), prevent_initial_call=True)(
        export
    )


def _wire_preview(app: Dash) -> None:
    app.callback(
        Output("ledger-file-name", "children"),
        Output("ledger-columns", "children"),
        Output("ledger-preview", "disabled"),
        Input("ledger-file", "contents"),
        State("ledger-file", "filename"),
        prevent_initial_call=True,
    )(read)
    app.callback(Output("ledger-format", "data"), Input("shell-snapshot", "data"))(offer_formats)
    app.callback(
        Output("ledger-mapping", "className"),
        Output("ledger-format", "description"),
        Input("ledger-format", "value"),
    )(choose_format)
    app.callback(
        output=[Output("ledger-report", "children"), Output("ledger-import", "disabled")],
        inputs={
            "upload": Input("ledger-file", "contents"),
            "_form": Input("ledger-format", "value"),
            "_accepted": Input("ledger-accept", "checked"),
            "_opened": Input("ledger-open-accounts", "checked"),
            "_clicks": Input("ledger-preview", "n_clicks"),
        },
        state={"chosen": CHOSEN},
        prevent_initial_call=True,
    )(preview)


def _wire_import(app: Dash) -> None:
    app.callback(
        output={
            "report": Output("ledger-report", "children", allow_duplicate=True),
            "disabled": Output("ledger-import", "disabled", allow_duplicate=True),
            "journey": Output("ledger-journey", "data", allow_duplicate=True),
            "wake": Output("shell-wake", "data", allow_duplicate=True),
        },
        inputs={"clicks": Input("ledger-import", "n_clicks")},
        state={
            "upload": State("ledger-file", "contents"),
            "name": State("ledger-file", "filename"),
            "chosen": CHOSEN,
        },
        prevent_initial_call=True,
        running=[(Output("ledger-import", "loading"), True, False)],
    )(take_in)


def read(upload: str | None, name: str | None) -> tuple[str, list[dmc.Select | dmc.MultiSelect], bool]:
    """The chosen file, and its columns to choose from."""
    if not upload:
        raise PreventUpdate
    file = file_import.content(upload)
    size = formats.count(len(file))
    return f"{name}, {size} bytes", file_import.column_choices(file_import.header(file).names), False


def offer_formats(snapshot: Snapshot | None) -> list[dict[str, str]]:
    """The formats that the API recognises, once it is there."""
    if not snapshot:
        raise PreventUpdate
    return file_import.choices(user_api.current().import_formats())


def choose_format(form: str) -> tuple[str, str]:
    """Ask for the columns of a CSV that nobody knows; say of a known format where its source makes such a file."""
    if form in (file_import.RECOGNISED, file_import.MAPPED):
        return "" if form == file_import.MAPPED else "hidden", NO_HINT
    hints = {known["name"]: known["hint"] for known in user_api.current().import_formats()}
    return "hidden", hints.get(form, NO_HINT)


def preview(upload: str | None, chosen: Chosen, **_changed: object) -> tuple[html.Div | dmc.Alert | None, bool]:
    """The expected result for the file; writes nothing."""
    if not upload:
        raise PreventUpdate
    if chosen["format"] == file_import.MAPPED and ctx.triggered_id != "ledger-preview":
        return None, True  # its columns are not mapped yet
    report, outcome = _sent(upload, chosen, dry_run=True)
    return report, not (outcome and outcome["added"])


def take_in(clicks: int | None, upload: str | None, name: str | None, chosen: Chosen) -> dict[str, object]:
    """Import all of the file or nothing."""
    if not clicks or not upload:
        raise PreventUpdate
    report, outcome = _sent(upload, chosen, dry_run=False)
    if not outcome:
        return {"report": report, "disabled": False, "journey": no_update, "wake": no_update}
    what = f"{formats.count(outcome['added'])} transactions of {name}"
    return {"report": report, "disabled": True, "journey": progress.journey(what), "wake": str(uuid.uuid4())}


def export(clicks: int | None) -> dict[str, str]:
    """The whole ledger as a file to save."""
    if not clicks:
        raise PreventUpdate
    return {"content": user_api.current().export(), "filename": "transactions.csv", "type": "text/csv"}


def _sent(upload: str, chosen: Chosen, *, dry_run: bool) -> tuple[html.Div | dmc.Alert, ImportOutcome | None]:
    """The report to show, and the file's result unless it was refused."""
    params, api = file_import.parameters(chosen, dry_run=dry_run), user_api.current()
    try:
        file = file_import.content(upload)
        outcome = api.import_file(file, file_import.instructions(chosen, file), params)
        return file_import.accepted(outcome, api.import_formats()), outcome
    except ApiRefusalError as refusal:
        return file_import.refused(refusal), None
    except ApiUnavailableError as outage:
        return dmc.Alert(str(outage), color="red", variant="light", my="sm"), None
