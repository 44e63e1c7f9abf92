"""Registering, signing in and out, and the profile."""

from typing import Any

from apiflask import APIBlueprint
from flask import current_app, request

from auth_service import accounts, sessions
from auth_service.config import ApiSettings
from auth_service.schemas.identity import Credentials, Profile, ProfileChange, Registration, TokenPair
from auth_service.tokens import caller, holds_refresh_token, mint_pair, signed_in

bp = APIBlueprint("auth", __name__, url_prefix="/api/v1/auth", tag="Identity")


@bp.post("/register")
@bp.input(Registration)
@bp.output(Profile, status_code=201)
def register(json_data: Registration) -> dict[str, Any]:
    """Create an account; 409 when the address has one."""
    return accounts.register(json_data)


@bp.post("/login")
@bp.input(Credentials)
@bp.output(TokenPair)
def login(json_data: Credentials) -> dict[str, Any]:
    """Sign in; 401 never says which half was wrong, 429 says how long to wait."""
    session = accounts.sign_in(json_data, request.remote_addr or "unknown", _settings())
    return mint_pair(session, _settings().access_token_lifetime)


@bp.post("/refresh")
@holds_refresh_token
@bp.output(TokenPair)
@bp.doc(security="bearer")
def refresh() -> dict[str, Any]:
    """A new pair for the refresh token in the Authorization header, which is used up by it."""
    settings, presented = _settings(), caller()
    session = sessions.rotate(
        presented.session_id, presented.token_id, settings.refresh_token_lifetime, settings.refresh_grace
    )
    return mint_pair(session, settings.access_token_lifetime)


@bp.post("/logout")
@signed_in
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def logout() -> str:
    """End the session: all its tokens are dead from the next request on."""
    sessions.revoke(caller().session_id)
    return ""


@bp.get("/me")
@signed_in
@bp.output(Profile)
@bp.doc(security="bearer")
def read_profile() -> dict[str, Any]:
    """Who is signed in, and how the portfolio is counted."""
    return accounts.profile(caller().user_id)


@bp.patch("/me")
@signed_in
@bp.input(ProfileChange)
@bp.output(Profile)
@bp.doc(security="bearer")
def change_profile(json_data: ProfileChange) -> dict[str, Any]:
    """Change the password (which signs out every other session), base currency, cost basis method or benchmark."""
    return accounts.change(caller().user_id, caller().session_id, json_data)


@bp.delete("/me")
@signed_in
@bp.output({}, status_code=204)
@bp.doc(security="bearer")
def erase_account() -> str:
    """Erase the account and every version of its transactions. There is no way back."""
    accounts.erase(caller().user_id)
    return ""


def _settings() -> ApiSettings:
    settings: ApiSettings = current_app.extensions["settings"]
    return settings
