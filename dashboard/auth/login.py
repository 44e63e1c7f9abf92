"""Login, registration and logout: plain forms that work before any script has loaded."""

import hmac
from http import HTTPStatus

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboard.api.client import ApiClient, ApiRefusalError, ApiUnavailableError, TokenPair
from dashboard.auth.guard import clear_cookies, local_destination, set_cookies
from dashboard.auth.sessions import SessionStore

blueprint = Blueprint("login", __name__)

STATE_COOKIE = "macrofolio_sign_in"
BEGUN_ELSEWHERE = "Another site started this sign-in. Sign in from here instead."
NOT_SIGNED_IN = "This sign-in was cancelled, took too long, or started in another browser. Try again."


@blueprint.get("/login")
@blueprint.get("/register")
def show_form() -> Response:
    """The door: login and registration."""
    return _form()


@blueprint.post("/login")
def log_in() -> Response:
    """Begin a session, or the form again with the API's own sentence and status."""
    try:
        return _begin_session()
    except ApiRefusalError as refusal:
        return _form(refusal.message, refusal.status)
    except ApiUnavailableError as outage:
        return _form(str(outage), HTTPStatus.SERVICE_UNAVAILABLE)


@blueprint.post("/register")
def register() -> Response:
    """Make an account and begin its first session, or the form again with what is wrong."""
    form = request.form
    try:
        _client().register(
            form.get("email", ""), form.get("password", ""), form.get("base_currency", "USD"), _client_address()
        )
        return _begin_session()
    except ApiRefusalError as refusal:
        return _form(_sentence(refusal), refusal.status)
    except ApiUnavailableError as outage:
        return _form(str(outage), HTTPStatus.SERVICE_UNAVAILABLE)


@blueprint.post("/logout")
def log_out() -> Response:
    """End the session here, and its tokens at the API; the first never waits for the second."""
    response = redirect("/login", HTTPStatus.SEE_OTHER)
    clear_cookies(response)
    if g.session and _sessions().close(g.session.session_id):
        try:
            _client().log_out(g.session.tokens)
        except (ApiRefusalError, ApiUnavailableError) as error:
            current_app.logger.warning("The API did not confirm a logout: %s", error)
    return response


@blueprint.get("/login/oidc/start")
def sign_in_elsewhere() -> Response:
    """Send the person to the provider; by a link, because our forms may only submit to this site.

    A page elsewhere could show this address as an image and start a sign-in each time, until the limit blocks
    everybody.
    """
    if request.headers.get("Sec-Fetch-Site", "none") == "cross-site":
        return _form(BEGUN_ELSEWHERE, HTTPStatus.FORBIDDEN)
    try:
        address, state = _client().begin_sign_in(_client_address())
    except (ApiRefusalError, ApiUnavailableError) as error:
        return _form(str(error), getattr(error, "status", HTTPStatus.SERVICE_UNAVAILABLE))
    response = redirect(address, HTTPStatus.SEE_OTHER)
    response.set_cookie(
        STATE_COOKIE, state, httponly=True, max_age=600, samesite="Lax", secure=request.is_secure, path="/login"
    )
    return response


@blueprint.get("/login/oidc")
def come_back() -> Response:
    """Finish a sign-in started by this very browser: following somebody else's link signs nobody in."""
    kept, state = request.cookies.get(STATE_COOKIE, ""), request.args.get("state", "")
    code = request.args.get("code", "")
    if not (kept and code) or not hmac.compare_digest(kept.encode(), state.encode()):
        return _form(NOT_SIGNED_IN, HTTPStatus.BAD_REQUEST)
    try:
        tokens, email = _client().finish_sign_in(code, state, _client_address())
    except (ApiRefusalError, ApiUnavailableError) as error:
        return _form(str(error), getattr(error, "status", HTTPStatus.SERVICE_UNAVAILABLE))
    response = _with_session(email, tokens, "/")
    response.delete_cookie(STATE_COOKIE, path="/login")
    return response


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """Say that this process answers; asks nobody else."""
    return {"status": "ok"}


@blueprint.get("/health/session")
def is_signed_in() -> tuple[str, int]:
    """Tell the proxy that there is a session: without one, no request gets here."""
    return "", HTTPStatus.NO_CONTENT


def _begin_session() -> Response:
    """Start a session under a new id; this browser's previous one ends."""
    email = request.form.get("email", "")
    tokens = _client().log_in(email, request.form.get("password", ""), _client_address())
    return _with_session(email, tokens, local_destination(request.form.get("next")))


def _with_session(email: str, tokens: TokenPair, destination: str) -> Response:
    if g.session:
        _sessions().close(g.session.session_id)
    response = redirect(destination, HTTPStatus.SEE_OTHER)
    set_cookies(response, _sessions().open(email, tokens))
    return response


def _form(error: str | None = None, status: int = HTTPStatus.OK) -> Response:
    page = render_template(
        "login.html",
        registering=request.path == "/register",
        error=error,
        email=request.form.get("email", ""),
        destination=local_destination(request.values.get("next")),
        provider=_provider_name(),
    )
    return make_response(page, status)


def _provider_name() -> str | None:
    """The provider's name; None if there is none or the API can't say, as passwords work anyway."""
    try:
        return _client().provider_name()
    except (ApiRefusalError, ApiUnavailableError):
        return None


def _sentence(refusal: ApiRefusalError) -> str:
    details = [" ".join(map(str, told)) if isinstance(told, list) else str(told) for told in refusal.fields.values()]
    return " ".join([refusal.message, *(text for text in details if text not in refusal.message)])


def _client_address() -> str:
    return request.remote_addr or ""


def _client() -> ApiClient:
    client: ApiClient = current_app.extensions["api_client"]
    return client


def _sessions() -> SessionStore:
    sessions: SessionStore = current_app.extensions["sessions"]
    return sessions
