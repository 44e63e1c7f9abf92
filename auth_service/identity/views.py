"""Registration, sign-in and sign-out, sessions, and the profile."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import current_app, request

from auth_service.config import ApiSettings
from auth_service.http.databases import database
from auth_service.identity import accounts, confirmation, registration, sessions
from auth_service.identity.schemas import (
    Credentials,
    Erasure,
    Profile,
    ProfileChange,
    Registration,
    SessionList,
    TokenPair,
)
from auth_service.identity.tokens import caller, holds_refresh_token, in_session, mint_pair, session_caller, signed_in

bp = APIBlueprint(
    "auth",
    __name__,
    url_prefix="/api/v1/auth",
    tag={"name": "Identity", "description": "Accounts, and the tokens that all other routes need."},
)


@bp.post("/register")
@bp.input(Registration)
@bp.output(Profile, status_code=201)
@bp.doc(
    responses={
        403: "Only the operator creates accounts here.",
        409: "The address already has an account.",
        429: "Too many registrations from this address, or in total.",
    }
)
def register(json_data: Registration) -> dict[str, Any]:
    """Create an account.

    A password has 12 to 128 characters and is hard to guess. Amounts in other currencies are converted to the base
    currency, which can be changed later.
    """
    return accounts.profile(database(), registration.register(database(), json_data, _address()))


@bp.post("/login")
@bp.input(Credentials)
@bp.output(TokenPair)
@bp.doc(responses={401: "Wrong address or password.", 429: "Too many failed attempts."})
def login(json_data: Credentials) -> dict[str, Any]:
    """Sign in.

    The access token is for all other routes and lives `expires_in` seconds; the refresh token gets the next pair. A
    refusal never says which half was wrong.
    """
    session = accounts.sign_in(database(), json_data, _address(), _settings())
    return mint_pair(session, _settings().access_token_lifetime)


@bp.post("/refresh")
@holds_refresh_token
@bp.output(TokenPair)
@bp.doc(security="bearer")
def refresh() -> dict[str, Any]:
    """Exchange the refresh token for a new pair.

    Send the refresh token in the Authorization header; it can be used once. Using it again ends the session, because
    somebody else may hold a copy; only within a few seconds does it get the same answer again.
    """
    presented = session_caller()
    lifetimes = sessions.Lifetimes.of(_settings())
    session = sessions.rotate(database(), presented.user_id, presented.session_id, presented.token_id, lifetimes)
    return mint_pair(session, _settings().access_token_lifetime)


@bp.post("/logout")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def logout() -> str:
    """End the session.

    All its tokens stop working with the next request; the account's other sessions continue.
    """
    sessions.revoke(database(), caller().user_id, session_caller().session_id)
    return ""


@bp.get("/sessions")
@in_session
@bp.output(SessionList)
@bp.doc(security="bearer")
def list_sessions() -> dict[str, Any]:
    """List your active sessions.

    Last refreshed first; `is_current` marks the session of this request.
    """
    current = session_caller().session_id
    found = sessions.live_sessions(database(), caller().user_id)
    return {"items": [row | {"is_current": row["session_id"] == current} for row in found], "next_cursor": None}


@bp.delete("/sessions")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def end_all_sessions() -> str:
    """End all sessions, including this one.

    Personal access tokens stay: revoke each separately.
    """
    sessions.revoke_all(database(), caller().user_id)
    return ""


@bp.delete("/sessions/<uuid:session_id>")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def end_session(session_id: UUID) -> str:
    """End one session.

    All its tokens stop working with the next request; it may be the current session.
    """
    sessions.end(database(), caller().user_id, session_id)
    return ""


@bp.get("/me")
@signed_in
@bp.output(Profile)
@bp.doc(security="bearer")
def read_profile() -> dict[str, Any]:
    """Read the profile.

    Your account and the portfolio's settings: base currency, cost basis method and benchmark.
    """
    return accounts.profile(database(), caller().user_id)


@bp.patch("/me")
@in_session
@bp.input(ProfileChange)
@bp.output(Profile)
@bp.doc(security="bearer", responses={429: "Too many wrong passwords or unknown tickers."})
def change_profile(json_data: ProfileChange) -> dict[str, Any]:
    """Change the password or portfolio settings.

    Omitted fields stay as they are. A new password needs the current one, signs out every other session and, with
    `revoke_tokens`, revokes every personal access token. A new base currency, cost basis method or benchmark recomputes
    the figures.
    """
    return accounts.change(database(), caller().user_id, session_caller().session_id, json_data, _address())


@bp.delete("/me")
@in_session
@bp.input(Erasure)
@bp.output({}, status_code=204)
@bp.doc(security="bearer", responses=confirmation.REFUSALS)
def erase_account(json_data: Erasure) -> str:
    """Erase the account.

    Needs the current password or, for an account without one, a session that began within the last ten minutes. Deletes
    every session and every version of every transaction. This can't be undone.
    """
    asking = session_caller()
    confirmation.confirm(database(), asking.user_id, asking.session_id, json_data.current_password, _address())
    accounts.erase(database(), asking.user_id)
    return ""


def _settings() -> ApiSettings:
    settings: ApiSettings = current_app.extensions["settings"]
    return settings


def _address() -> str:
    return request.remote_addr or "unknown"
