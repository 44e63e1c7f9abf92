"""Tokens: how a pair is made from a session's row, what makes a token valid, and what it opens.

A pair is a pure function of the session's row. So a refresh can be answered a second time, exactly, if the first answer
was lost in transit, without storing any token.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, wraps
from typing import Any, Literal, LiteralString
from uuid import UUID, uuid5

from apiflask import APIFlask
from flask import Response, current_app, g, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_current_user,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTDecodeError
from pydantic import BaseModel, ValidationError

from auth_service.config import ApiSettings
from auth_service.errors import ForbiddenError, UnauthorizedError
from auth_service.http import request_log
from auth_service.http.databases import database
from auth_service.http.errors import error_response
from auth_service.identity import personal_tokens, sessions

ALGORITHM = "HS256"
CLOCKS_APART = 5  # seconds: the database dates a token, and each API host reads its own clock
ISSUER = "macrofolio"
AUDIENCE = "macrofolio-api"
ONLY_IN_A_SESSION = "A personal access token can't do this. Sign in with your password or provider instead."
ONLY_READS = "This personal access token is read-only. Create one with the scope write."

View = Callable[..., Any]
Refusal = Callable[[personal_tokens.PersonalToken], None]
Check = Callable[["Caller"], dict[str, Any]]  # its results become further arguments of the view


class Claims(BaseModel):
    """All claims a token must have before its signature is checked; times are seconds since 1970, UTC."""

    iss: str
    aud: str
    sub: UUID
    sid: UUID
    jti: UUID
    type: Literal["access", "refresh"]
    iat: int
    nbf: int
    exp: int


@dataclass(frozen=True)
class Caller:
    """Who a valid token speaks for."""

    user_id: UUID


@dataclass(frozen=True)
class SessionCaller(Caller):
    """A person who signed in, as opposed to a script with a personal access token."""

    session_id: UUID
    token_id: UUID


class Tokens(JWTManager):
    """Checks each signature once: checking it costs as much as the rest of a small answer.

    Whether a token has run out, and whether its session lives, is asked each time. Should the library call this method
    otherwise some day, every signature is checked at every request again.
    """

    def __init__(self, app: APIFlask) -> None:
        self._once_checked = lru_cache(maxsize=1024)(super()._decode_jwt_from_config)
        super().__init__(app)

    def _decode_jwt_from_config(self, *token: Any, **options: Any) -> dict[str, Any]:
        return self._once_checked(*token, **options)


def signed_in(view: View) -> View:
    """Requires any valid token, even a read-only personal one."""
    return _guarded(view)


def signed_in_with_version(query: LiteralString) -> Callable[[View], View]:
    """The same for a view that takes the `version` of its answer: session and version are one query.

    Args:
        query: Selects `version`, text or null, for `user_id` and `started`, the name of this start of the service.

    """

    def check(found: Caller) -> dict[str, Any]:
        values = {"user_id": found.user_id, "started": current_app.extensions["settings"].api_started}
        if isinstance(found, SessionCaller):
            row = sessions.row_while_live(database(), found.session_id, found.user_id, query, values)
        else:
            [row] = database().rows([query], values, found.user_id)
        return {"version": row["version"] if row else None}

    return lambda view: _guarded(view, check=check)


def may_write(view: View) -> View:
    """Requires a session, or a personal token with the scope write."""

    def refuse(token: personal_tokens.PersonalToken) -> None:
        if not token.may_write:
            raise ForbiddenError(ONLY_READS)

    return _guarded(view, refuse)


def in_session(view: View) -> View:
    """Requires a session: for changes to the account and its tokens."""
    return _guarded(view, _refuse_personal)


def holds_refresh_token(view: View) -> View:
    """Requires a session's refresh token."""
    return _guarded(view, _refuse_personal, refresh=True)


def refuses_some_tokens(view: View) -> bool:
    """Whether the view may refuse a valid personal token, for its scope or its kind."""
    return bool(getattr(view, "refuses_some_tokens", False))


def caller() -> Caller:
    """Who sent the current request; only inside a view that requires a token."""
    found: Caller = g.caller
    return found


def session_caller() -> SessionCaller:
    """The same inside a view that requires a session."""
    found: SessionCaller = get_current_user()
    return found


def mint_pair(session: sessions.Session, access_lifetime: timedelta) -> dict[str, Any]:
    """The access and refresh token of the session's current generation: the same row gives the same bytes."""
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
    """One algorithm, one key, issuer and audience on both sides; any doubt is a 401."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_key.get_secret_value(),
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_LEEWAY=CLOCKS_APART,  # for `iat` and `nbf`; `_has_not_run_out` grants `exp` none
        JWT_TOKEN_LOCATION=["headers"],
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies here; it would add something random to every token
    )
    manager = Tokens(app)
    key = settings.jwt_secret_key.get_secret_value()

    # The library fills in a missing type or jti and accepts a missing exp, so a token without one of our claims gets no
    # key to be checked with.
    @manager.decode_key_loader
    def key_for(header: dict[str, Any], claims: dict[str, Any]) -> str:
        try:
            Claims.model_validate(claims)
        except ValidationError as lack:
            raise JWTDecodeError("A claim is missing or malformed") from lack
        if set(header) - {"alg", "typ"}:
            raise JWTDecodeError("Unexpected header")
        return key

    manager.token_verification_loader(_has_not_run_out)
    manager.user_lookup_loader(_session_of)
    for answer_of_a_refusal in (
        manager.expired_token_loader,
        manager.invalid_token_loader,
        manager.token_verification_failed_loader,
        manager.unauthorized_loader,
    ):
        answer_of_a_refusal(_sign_in_again)


def _guarded(view: View, refuse: Refusal | None = None, *, refresh: bool = False, check: Check | None = None) -> View:
    require = check or _require_live

    @wraps(view)
    def guarded(*args: Any, **values: Any) -> Any:
        g.caller = found = _believed(refuse, refresh=refresh)
        request_log.name_user(found.user_id)
        return view(*args, **values | require(found))

    vars(guarded)["refuses_some_tokens"] = refuse is not None
    return guarded


def _believed(refuse: Refusal | None, *, refresh: bool) -> Caller:
    """Whom the current token speaks for; whether its session is live is not yet checked."""
    presented = _bearer_token()
    if presented.startswith(personal_tokens.PREFIX):
        token = personal_tokens.believed(database(), presented)
        if refuse:
            refuse(token)
        return Caller(token.user_id)
    verify_jwt_in_request(refresh=refresh, skip_revocation_check=True)
    return session_caller()


def _require_live(found: Caller) -> dict[str, Any]:
    if isinstance(found, SessionCaller):
        sessions.require_live(database(), found.session_id, found.user_id)
    return {}


def _bearer_token() -> str:
    """The header's only token; the library would pick one of several."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token or set(token) & {" ", ","}:
        raise UnauthorizedError(sessions.SIGN_IN)
    return token


def _has_not_run_out(_: dict[str, Any], claims: dict[str, Any]) -> bool:
    return bool(claims["exp"] > time.time())


def _session_of(_: dict[str, Any], claims: dict[str, Any]) -> SessionCaller:
    return SessionCaller(UUID(claims["sub"]), UUID(claims["sid"]), UUID(claims["jti"]))


def _sign_in_again(*_: object) -> Response:
    return error_response(UnauthorizedError.status, UnauthorizedError.code, sessions.SIGN_IN)


def _refuse_personal(_: personal_tokens.PersonalToken) -> None:
    raise ForbiddenError(ONLY_IN_A_SESSION)
