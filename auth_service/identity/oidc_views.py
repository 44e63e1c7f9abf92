"""Sign-in through a provider, in two steps with the person's visit to the provider in between."""

from typing import Any

from apiflask import APIBlueprint
from flask import current_app, request

from auth_service.config import ApiSettings
from auth_service.http.databases import database
from auth_service.identity import sign_in_elsewhere
from auth_service.identity.schemas import OidcOffer, OidcReturn, OidcStart, TokenPair
from auth_service.identity.tokens import mint_pair

bp = APIBlueprint(
    "oidc",
    __name__,
    url_prefix="/api/v1/auth/oidc",
    tag={
        "name": "Sign-in elsewhere",
        "description": "Sign-in through an OpenID Connect provider, if one is configured.",
    },
)
NOT_OFFERED = "No provider is configured."
NO_ANSWER = "The provider, or the database, does not answer."


@bp.get("")
@bp.output(OidcOffer)
def read_offer() -> dict[str, Any]:
    """Tell whether people may sign in through a provider.

    Includes the provider's display name, or null if there is none.
    """
    settings = _settings()
    return {"is_offered": settings.offers_oidc, "name": settings.oidc_name if settings.offers_oidc else None}


@bp.post("/start")
@bp.output(OidcStart)
@bp.doc(
    responses={
        404: NOT_OFFERED,
        429: "Too many unfinished sign-ins from the same address.",
        503: NO_ANSWER,
    }
)
def begin_sign_in() -> dict[str, Any]:
    """Start a sign-in.

    Send the person to `authorization_url`, and keep `state` where only this person's browser can reach it. The provider
    sends them back to the configured address with `code` and `state`. If the returned state differs from the kept one,
    stop: it is somebody else's sign-in.
    """
    return sign_in_elsewhere.begin(database(), _settings(), _address())


@bp.post("/finish")
@bp.input(OidcReturn)
@bp.output(TokenPair)
@bp.doc(
    responses={
        401: "The sign-in has expired, was already finished, or is not confirmed by the provider.",
        403: "There is no account yet, and only the operator creates them here.",
        404: NOT_OFFERED,
        409: "The person's address already has an account; the address alone never opens it.",
        503: NO_ANSWER,
    }
)
def finish_sign_in(json_data: OidcReturn) -> dict[str, Any]:
    """Finish a sign-in.

    Works once, within ten minutes; returns a pair of tokens like a login. The first time, it creates the account.
    """
    session = sign_in_elsewhere.finish(database(), _settings(), json_data, _address())
    return mint_pair(session, _settings().access_token_lifetime)


def _settings() -> ApiSettings:
    settings: ApiSettings = current_app.extensions["settings"]
    return settings


def _address() -> str:
    return request.remote_addr or "unknown"
