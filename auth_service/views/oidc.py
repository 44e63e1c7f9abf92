"""Signing in through another provider, in two steps with the person's visit there between them."""

from typing import Any

from apiflask import APIBlueprint
from flask import current_app

from auth_service import identities
from auth_service.config import ApiSettings
from auth_service.schemas.identity import OidcOffer, OidcReturn, OidcStart, TokenPair
from auth_service.tokens import mint_pair

bp = APIBlueprint("oidc", __name__, url_prefix="/api/v1/auth/oidc", tag="Sign-in elsewhere")


@bp.get("")
@bp.output(OidcOffer)
def read_offer() -> dict[str, Any]:
    """Whether this server lets people sign in through another provider, and what that is called."""
    settings = _settings()
    return {"is_offered": settings.offers_oidc, "name": settings.oidc_name if settings.offers_oidc else None}


@bp.post("/start")
@bp.output(OidcStart)
def begin_sign_in() -> dict[str, Any]:
    """Begin: send the person to `authorization_url`, and keep `state` where only this person's browser leads.

    The provider sends them back to the configured address with `code` and `state`. A client that gets another state
    back than it kept has to stop: it is somebody else's sign-in.
    """
    return identities.begin(_settings())


@bp.post("/finish")
@bp.input(OidcReturn)
@bp.output(TokenPair)
def finish_sign_in(json_data: OidcReturn) -> dict[str, Any]:
    """Finish within ten minutes, once: a pair of tokens as from a login.

    The first time it creates the account; 403 where registration is closed, 409 when the e-mail address has an account
    already, which is never opened by the address alone.
    """
    session = identities.finish(_settings(), json_data)
    return mint_pair(session, _settings().access_token_lifetime)


def _settings() -> ApiSettings:
    settings: ApiSettings = current_app.extensions["settings"]
    return settings
