"""Tokens: how a pair is minted from a session's row, what a token must carry to be believed, and what it opens.

A pair is a pure function of the session's row. So the answer to a refresh can be given a second time, exactly, when the
first answer was lost on its way, without any token being stored.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, wraps
from typing import Any
from uuid import UUID, uuid5

from apiflask import APIFlask
from flask import current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTDecodeError, JWTExtendedException
from jwt.exceptions import PyJWTError

from auth_service.config import ApiSettings
from auth_service.errors import ForbiddenError, UnauthorizedError
from auth_service.http.databases import database
from auth_service.http.etag import is_versioned
from auth_service.identity import personal_tokens, required_session, sessions

ALGORITHM = "HS256"
CLOCKS_APART = 5  # seconds: the database dates a token, and each host of the API looks at a clock of its own
ISSUER = "macrofolio"
AUDIENCE = "macrofolio-api"
REQUIRED_CLAIMS = {"iss", "aud", "sub", "sid", "jti", "type", "iat", "nbf", "exp"}
ONLY_IN_A_SESSION = "A personal access token cannot do this. Sign in with your password or your provider, then do it."
ONLY_READS = "This personal access token may only read. Make one with the scope write for this."

View = Callable[..., Any]
Refusal = Callable[[personal_tokens.PersonalToken], None]


@dataclass(frozen=True)
class Caller:
    """Who a valid token speaks for."""

    user_id: UUID


@dataclass(frozen=True)
class SessionCaller(Caller):
    """Somebody who signed in, as opposed to a script with a personal access token."""

    session_id: UUID
    token_id: UUID


def signed_in(view: View) -> View:
    """For whoever has a valid token, a personal one that only reads included."""
    return _guarded(view)


def may_write(view: View) -> View:
    """For sessions, and for personal tokens with the scope write."""

    def refuse(token: personal_tokens.PersonalToken) -> None:
        if not token.may_write:
            raise ForbiddenError(ONLY_READS)

    return _guarded(view, refuse)


def in_session(view: View) -> View:
    """For sessions alone: what changes who somebody is, and what may speak for them."""
    return _guarded(view, _refuse_personal)


def holds_refresh_token(view: View) -> View:
    """For the refresh token of a session."""
    return _guarded(view, _refuse_personal, refresh=True)


def refuses_some_tokens(view: View) -> bool:
    """Whether a valid personal token may be refused here, for its scope or for what it is."""
    return bool(getattr(view, "refuses_some_tokens", False))


def caller() -> Caller:
    """Who sent the request in hand; only inside a view that requires a token."""
    found: Caller = g.caller
    return found


def session_caller() -> SessionCaller:
    """The same inside a view that requires a session."""
    found: SessionCaller = g.caller
    return found


def mint_pair(session: sessions.Session, access_lifetime: timedelta) -> dict[str, Any]:
    """The access and refresh token of the session's present generation: the same row gives the same bytes."""
    minted_at = session.minted_at.replace(microsecond=0)
    claims = {"sid": str(session.session_id), "iat": minted_at, "nbf": minted_at}
    access_id = uuid5(session.refresh_jti, "access")
    identity = str(session.user_id)
    return {
        "access_token": create_access_token(
            identity, additional_claims=claims | {"jti": str(access_id), "exp": minted_at + access_lifetime}
        ),
        "refresh_token": create_refresh_token(
            identity, additional_claims=claims | {"jti": str(session.refresh_jti), "exp": session.expires_at}
        ),
        "token_type": "Bearer",
        "expires_in": int(access_lifetime.total_seconds()),
    }


def configure_tokens(app: APIFlask, settings: ApiSettings) -> None:
    """One algorithm, one key, issuer and audience on both sides; every doubt is a 401."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_key.get_secret_value(),
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_LEEWAY=CLOCKS_APART,  # for `iat` and `nbf`: whether it has run out we ask ourselves
        JWT_TOKEN_LOCATION=["headers"],
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies here; it would put something random into every token
    )
    manager = JWTManager(app)
    key = settings.jwt_secret_key.get_secret_value()

    # The library fills in a missing type or jti and accepts a missing exp, so a token that lacks any claim of ours
    # gets no key to be checked with.
    @manager.decode_key_loader
    def key_for(header: dict[str, Any], claims: dict[str, Any]) -> str:
        if missing := REQUIRED_CLAIMS - claims.keys():
            raise JWTDecodeError(f"Missing claims: {', '.join(sorted(missing))}")
        if set(header) - {"alg", "typ"} or claims["type"] not in ("access", "refresh"):
            raise JWTDecodeError("Unexpected header or type")
        return key

    # A signature stays what it is, and checking it costs as much as all else of a small answer.
    app.extensions["verified_claims"] = lru_cache(maxsize=1024)(decode_token)


def _guarded(view: View, refuse: Refusal | None = None, *, refresh: bool = False) -> View:
    @wraps(view)
    def guarded(*args: Any, **values: Any) -> Any:
        presented = _bearer_token()
        if presented.startswith(personal_tokens.PREFIX):
            token = personal_tokens.believed(database(), presented)
            if refuse:
                refuse(token)
            g.caller = Caller(token.user_id)
            return view(*args, **values)
        g.caller = session = _believed(presented, "refresh" if refresh else "access")
        if is_versioned(view):  # the session is looked up with what it asks the database first
            with required_session.required(session.session_id, session.user_id):
                return view(*args, **values)
        sessions.require_live(database(), session.session_id, session.user_id)
        return view(*args, **values)

    vars(guarded)["refuses_some_tokens"] = refuse is not None
    return guarded


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token or " " in token:
        raise UnauthorizedError(sessions.SIGN_IN)
    return token


def _believed(token: str, kind: str) -> SessionCaller:
    """Whom a JSON web token speaks for, if its session lives; whether it has run out is asked each time."""
    try:
        claims: dict[str, Any] = current_app.extensions["verified_claims"](token)
        found = SessionCaller(UUID(claims["sub"]), UUID(claims["sid"]), UUID(claims["jti"]))
        is_good = claims["type"] == kind and claims["exp"] > time.time()
    except (PyJWTError, JWTExtendedException, ValueError, AttributeError, TypeError):
        raise UnauthorizedError(sessions.SIGN_IN) from None
    if not is_good:
        raise UnauthorizedError(sessions.SIGN_IN)
    return found


def _refuse_personal(_: personal_tokens.PersonalToken) -> None:
    raise ForbiddenError(ONLY_IN_A_SESSION)
