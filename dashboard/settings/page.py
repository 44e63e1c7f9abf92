"""Settings: the portfolio's options, and the account: password, sessions, tokens, deletion."""

import uuid
from datetime import UTC, datetime
from typing import Literal

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Input, NoUpdate, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import NewPersonalToken
from dashboard.settings import layout
from dashboard.ui import notices
from dashboard.ui.notices import or_notice
from dashboard.ui.shell import Snapshot

PORTFOLIO = ("base_currency", "cost_basis_method", "benchmark")
WITH_ERRORS = ("base_currency", "benchmark")
PASSWORDS = ("current_password", "new_password")
FAILURES = (ApiRefusalError, ApiUnavailableError)
CHANGED = Input("settings-changed", "data")
SNAPSHOT = Input("shell-snapshot", "data")  # none while the API is down: missing parts appear when it is back


def wire(app: dash.Dash) -> None:
    """Register the page and its callbacks."""
    dash.register_page(
        __name__, path="/settings", name="Settings", title="Settings · Macrofolio", order=5, layout=layout.page
    )  # type: ignore[no-untyped-call]
    _wire_portfolio(app)
    _wire_password(app)
    _wire_sessions(app)
    _wire_tokens(app)
    _wire_erasure(app)


def _wire_portfolio(app: dash.Dash) -> None:
    app.callback(
        output={name: Output(f"settings-{name}", "value") for name in PORTFOLIO},
        inputs={"snapshot": SNAPSHOT},
        state={"filled": State("settings-base_currency", "value")},
    )(fill_in)
    app.callback(
        output={
            "errors": {name: Output(f"settings-{name}", "error") for name in WITH_ERRORS},
            "message": Output("settings-portfolio-message", "children"),
            "wake": Output("shell-wake", "data", allow_duplicate=True),
        },
        inputs={"clicks": Input("settings-save", "n_clicks")},
        state={"form": {name: State(f"settings-{name}", "value") for name in PORTFOLIO}},
        prevent_initial_call=True,
        running=[(Output("settings-save", "loading"), True, False)],
    )(save)


def _wire_password(app: dash.Dash) -> None:
    app.callback(
        output={
            "errors": {name: Output(f"settings-{name}", "error") for name in PASSWORDS},
            "form": {name: Output(f"settings-{name}", "value") for name in PASSWORDS},
            "message": Output("settings-password-message", "children"),
            "changed": Output("settings-changed", "data"),
        },
        inputs={"clicks": Input("settings-change-password", "n_clicks")},
        state={
            "form": {name: State(f"settings-{name}", "value") for name in PASSWORDS},
            "revoke_tokens": State("settings-revoke_tokens", "checked"),
        },
        prevent_initial_call=True,
        running=[(Output("settings-change-password", "loading"), True, False)],
    )(change_password)


def _wire_sessions(app: dash.Dash) -> None:
    app.callback(Output("settings-sessions", "children"), SNAPSHOT, CHANGED)(show_sessions)
    app.callback(
        Output("settings-sessions-message", "children"),
        Output("settings-changed", "data", allow_duplicate=True),
        Input({"type": "settings-end", "session_id": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(end_session)
    app.callback(
        Output("settings-sessions-message", "children", allow_duplicate=True),
        Input("settings-log-out-everywhere", "n_clicks"),
        prevent_initial_call=True,
    )(log_out_everywhere)


def _wire_tokens(app: dash.Dash) -> None:
    app.callback(Output("settings-tokens", "children"), SNAPSHOT, CHANGED)(show_tokens)
    app.callback(
        Output("settings-tokens-message", "children"),
        Output("settings-name", "error"),
        Output("settings-token-password", "error"),
        Output("settings-name", "value"),
        Output("settings-token-password", "value"),
        Output("settings-changed", "data", allow_duplicate=True),
        Input("settings-add-token", "n_clicks"),
        State("settings-name", "value"),
        State("settings-token-password", "value"),
        State("settings-scope", "value"),
        State("settings-lifetime", "value"),
        prevent_initial_call=True,
        running=[(Output("settings-add-token", "loading"), True, False)],
    )(add_token)
    app.callback(
        Output("settings-tokens-message", "children", allow_duplicate=True),
        Output("settings-changed", "data", allow_duplicate=True),
        Input({"type": "settings-revoke", "token_id": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(revoke_token)


def _wire_erasure(app: dash.Dash) -> None:
    app.callback(
        Output("settings-confirmation", "error"),
        Output("settings-erase-password", "error"),
        Output("settings-erase-message", "children"),
        Input("settings-erase", "n_clicks"),
        State("settings-confirmation", "value"),
        State("settings-erase-password", "value"),
        prevent_initial_call=True,
    )(erase)


def fill_in(snapshot: Snapshot | None, filled: str | None) -> dict[str, str]:
    """Fill the form once, so that refreshed figures never overwrite somebody's typing."""
    if not snapshot or filled:
        raise PreventUpdate
    profile = user_api.current().account()
    return {name: str(profile.get(name)) for name in PORTFOLIO}


def save(clicks: int | None, form: dict[str, str]) -> dict[str, object]:
    """Change base currency, benchmark and cost basis; what is wrong stands at its field."""
    _require(clicks)
    wanted = form | {name: (form[name] or "").strip().upper() for name in WITH_ERRORS}
    try:
        user_api.current().change_profile(wanted)
    except FAILURES as error:
        errors, message = notices.refused(error, WITH_ERRORS)
        return {"errors": errors, "message": message, "wake": no_update}
    message = notices.done("Saved. Recomputing the affected figures.")
    return {"errors": dict.fromkeys(WITH_ERRORS, ""), "message": message, "wake": str(uuid.uuid4())}


def change_password(clicks: int | None, form: dict[str, str], revoke_tokens: bool) -> dict[str, object]:
    """Change the password, and empty the fields once that is done."""
    _require(clicks)
    wanted: dict[str, object] = {name: form[name] or "" for name in PASSWORDS} | {"revoke_tokens": revoke_tokens}
    try:
        user_api.current().change_profile(wanted)
    except FAILURES as error:
        errors, message = notices.refused(error, PASSWORDS)
        kept = dict.fromkeys(PASSWORDS, no_update)
        return {"errors": errors, "form": kept, "message": message, "changed": no_update}
    tokens = " Your tokens were revoked." if revoke_tokens else ""
    message = notices.done(f"Password changed. Every other session was ended.{tokens}")
    blank = dict.fromkeys(PASSWORDS, "")
    return {"errors": blank, "form": blank, "message": message, "changed": str(uuid.uuid4())}


@or_notice
def show_sessions(snapshot: Snapshot | None, _changed: str | None) -> html.Div:
    """The table of sessions."""
    _require(snapshot)
    return layout.session_table(user_api.current().sessions(), datetime.now(UTC).date())


def end_session(_clicks: list[int | None]) -> tuple[dmc.Alert, str | NoUpdate]:
    """End the session whose button was pressed; the second value has the table drawn anew."""
    pressed = _pressed()
    try:
        user_api.current().end_session(pressed["session_id"])
    except FAILURES as error:
        return notices.not_done(error), no_update
    return notices.done("Session ended."), str(uuid.uuid4())


def log_out_everywhere(clicks: int | None) -> dmc.Alert:
    """Ends the current session too: the answer sends the browser to the login."""
    _require(clicks)
    try:
        user_api.current().end_all_sessions()
    except FAILURES as error:
        return notices.not_done(error)


@or_notice
def show_tokens(snapshot: Snapshot | None, _changed: str | None) -> html.P | html.Div:
    """The table of tokens."""
    _require(snapshot)
    return layout.token_table(user_api.current().personal_tokens(), datetime.now(UTC).date())


def add_token(
    clicks: int | None, name: str, password: str, scope: Literal["read", "write"], lifetime: str
) -> tuple[dmc.Alert | None, str, str, str | NoUpdate, str | NoUpdate, str | NoUpdate]:
    """Make a token and show it once; the fields are emptied once that is done."""
    _require(clicks)
    wanted = NewPersonalToken(
        name=(name or "").strip(),
        scope=scope,
        current_password=password or None,
        expires_in_days=int(lifetime) if lifetime else None,
    )
    try:
        issued = user_api.current().add_personal_token(wanted)
    except FAILURES as error:
        errors, message = notices.refused(error, ("name", "current_password"))
        return message, errors["name"], errors["current_password"], no_update, no_update, no_update
    return layout.issued(issued["token"]), "", "", "", "", str(uuid.uuid4())


def revoke_token(_clicks: list[int | None]) -> tuple[dmc.Alert, str | NoUpdate]:
    """Revoke the token whose button was pressed; the second value has the table drawn anew."""
    pressed = _pressed()
    try:
        user_api.current().revoke_personal_token(pressed["token_id"])
    except FAILURES as error:
        return notices.not_done(error), no_update
    return notices.done("Token revoked."), str(uuid.uuid4())


def erase(clicks: int | None, confirmation: str | None, password: str | None) -> tuple[str, str, dmc.Alert | None]:
    """Afterwards there is nothing left to return to: the answer sends the browser to the login."""
    _require(clicks)
    api = user_api.current()
    try:
        if (confirmation or "").strip().lower() != api.account()["email"]:
            return "This is not your account's address. Nothing was deleted.", "", None
        api.erase_account(password or None)
    except FAILURES as error:
        errors, message = notices.refused(error, ("current_password",))
        return "", errors["current_password"], message


def _require(asked: object) -> None:
    if not asked:  # the button has only just appeared, or the API has not answered yet
        raise PreventUpdate


def _pressed() -> dict[str, str]:
    """Which of the identical buttons was pressed; none was if they have only just appeared."""
    if not isinstance(ctx.triggered_id, dict) or not any(changed["value"] for changed in ctx.triggered):
        raise PreventUpdate
    return dict(ctx.triggered_id)
