"""Registering, signing in and out, sessions, and the profile."""

from typing import Any

from apiflask import APIBlueprint
from flask import current_app, request

from auth_service import accounts, registration, sessions
from auth_service.config import ApiSettings
from auth_service.schemas.identity import Credentials, Profile, ProfileChange, Registration, SessionList, TokenPair
from auth_service.tokens import caller, holds_refresh_token, in_session, mint_pair, session_caller, signed_in

bp = APIBlueprint("auth", __name__, url_prefix="/api/v1/auth", tag="Identity")


@bp.post("/register")
@bp.input(Registration)
@bp.output(Profile, status_code=201)
def register(json_data: Registration) -> dict[str, Any]:
    """Create an account; 409 when the address has one, 403 where registration is closed."""
    return accounts.profile(registration.register(json_data, _address()))


@bp.post("/login")
@bp.input(Credentials)
@bp.output(TokenPair)
def login(json_data: Credentials) -> dict[str, Any]:
    """Sign in; 401 never says which half was wrong, 429 says how long to wait."""
    session = accounts.sign_in(json_data, _address(), _settings())
    return mint_pair(session, _settings().access_token_lifetime)


@bp.post("/refresh")
@holds_refresh_token
@bp.output(TokenPair)
@bp.doc(security="bearer")
def refresh() -> dict[str, Any]:
    """A new pair for the refresh token in the Authorization header, which is used up by it."""
    presented = session_caller()
    lifetimes = sessions.Lifetimes.of(_settings())
    session = sessions.rotate(presented.user_id, presented.session_id, presented.token_id, lifetimes)
    return mint_pair(session, _settings().access_token_lifetime)


@bp.post("/logout")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def logout() -> str:
    """End the session: all its tokens are dead from the next request on."""
    sessions.revoke(caller().user_id, session_caller().session_id)
    return ""


@bp.get("/sessions")
@in_session
@bp.output(SessionList)
@bp.doc(security="bearer")
def list_sessions() -> dict[str, Any]:
    """The logins that are not over, the last refreshed first."""
    current = session_caller().session_id
    found = sessions.live_sessions(caller().user_id)
    return {"items": [row | {"is_current": row["session_id"] == current} for row in found], "next_cursor": None}


@bp.delete("/sessions")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def end_all_sessions() -> str:
    """Log out everywhere, here too. Personal access tokens stay: each is revoked by itself."""
    sessions.revoke_all(caller().user_id)
    return ""


@bp.get("/me")
@signed_in
@bp.output(Profile)
@bp.doc(security="bearer")
def read_profile() -> dict[str, Any]:
    """Who is signed in, and how the portfolio is counted."""
    return accounts.profile(caller().user_id)


@bp.patch("/me")
@in_session
@bp.input(ProfileChange)
@bp.output(Profile)
@bp.doc(security="bearer")
def change_profile(json_data: ProfileChange) -> dict[str, Any]:
    """Change the password (which signs out every other session), base currency, cost basis method or benchmark."""
    return accounts.change(caller().user_id, session_caller().session_id, json_data, _address())


@bp.delete("/me")
@in_session
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def erase_account() -> str:
    """Erase the account and every version of its transactions. There is no way back."""
    accounts.erase(caller().user_id)
    return ""


def _settings() -> ApiSettings:
    settings: ApiSettings = current_app.extensions["settings"]
    return settings


def _address() -> str:
    return request.remote_addr or "unknown"
