"""Serves nothing without a session, except the routes listed here."""

import hashlib
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit, urlunsplit

import dash
from dash_auth.auth import Auth  # type: ignore[import-untyped]
from flask import Response, current_app, g, redirect, request
from itsdangerous import Signer
from werkzeug.wrappers import Response as AnyResponse

from dashboard.auth.sessions import Session, SessionStore

SESSION_COOKIE = "macrofolio_session"
CSRF_COOKIE = "_csrf_token"
CSRF_HEADER = "X-CSRFToken"
PAGES = ("/", "/ledger", "/accounts", "/regimes", "/data", "/settings")
FORMS = ("/login", "/register", "/logout")
OPEN_TO_ALL = frozenset(
    {
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/register"),
        ("POST", "/register"),
        ("POST", "/logout"),
        ("GET", "/login/oidc"),
        ("GET", "/login/oidc/start"),
        ("GET", "/assets/macrofolio.css"),
        ("GET", "/assets/logo.svg"),
        ("GET", "/health/live"),
    }
)


class SessionAuth(Auth):  # type: ignore[misc]
    """dash-auth asks this of every request. It is given no public routes: it would believe what a callback's body says
    of its page. What is open to all is a method and a path instead.
    """

    def is_authorized(self) -> bool:
        """Whether this request may pass: somebody is logged in, or the address is open to all."""
        return g.session is not None or (request.method, request.path) in OPEN_TO_ALL

    def login_request(self) -> AnyResponse:
        """Pages redirect to the login; anything else gets a plain 401."""
        if request.method == "GET" and request.path in PAGES:
            return redirect(f"/login?{urlencode({'next': request.full_path.rstrip('?')})}")
        return Response("Log in first.", HTTPStatus.UNAUTHORIZED)


def recognise(app: dash.Dash, sessions: SessionStore) -> None:
    """Find each request's session, and refuse what another site's page sends; to be added before `SessionAuth`."""

    def find() -> AnyResponse | None:
        g.session = sessions.find(request.cookies.get(_session_cookie()))
        if request.method in ("GET", "HEAD") or _sent_by_our_own_page():
            return None
        return Response("This request did not come from this site. Reload the page and try again.", 403)

    app.server.before_request(find)


def _session_cookie() -> str:
    """Under TLS, a name that browsers accept only from this very host, and never over plain HTTP."""
    return f"__Host-{SESSION_COOKIE}" if request.is_secure else SESSION_COOKIE


def csrf_token(session: Session) -> str:
    """The token a page of this session must send with every callback; reveals nothing about the session's id."""
    return _signer().get_signature(session.session_id).decode()


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="csrf", key_derivation="hmac", digest_method=hashlib.sha256)


def set_cookies(response: AnyResponse, session: Session) -> None:
    """Give the browser its session, and the token that its own requests must repeat."""
    secure = request.is_secure
    response.set_cookie(_session_cookie(), session.session_id, httponly=True, samesite="Lax", secure=secure)
    # Dash's script reads it and sends it back.
    response.set_cookie(CSRF_COOKIE, csrf_token(session), samesite="Lax", secure=secure)


def clear_cookies(response: AnyResponse) -> None:
    """Take both cookies away."""
    for name in (_session_cookie(), CSRF_COOKIE):
        response.delete_cookie(name, path="/", samesite="Lax", secure=request.is_secure)


def local_destination(asked: str | None) -> str:
    """Where to go after login: one of our own pages, as bookmarked, whatever was requested."""
    try:
        parts = urlsplit(asked or "/")
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path not in PAGES:
        return "/"
    return urlunsplit(("", "", parts.path, parts.query, ""))


def _sent_by_our_own_page() -> bool:
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
        return False
    if g.session is None or request.path in FORMS:
        return True
    return _signer().verify_signature(g.session.session_id, request.headers.get(CSRF_HEADER, ""))
