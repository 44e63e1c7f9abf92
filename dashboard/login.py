"""Logging in, registering and logging out: plain forms, so that they work before any script has loaded."""

from http import HTTPStatus

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboard.api_client import ApiClient, ApiRefusalError, ApiUnavailableError
from dashboard.auth import clear_cookies, local_destination, set_cookies
from dashboard.sessions import SessionStore

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@blueprint.get("/register")
def show_form() -> Response:
    return _form()


@blueprint.post("/login")
def log_in() -> Response:
    try:
        return _begin_session()
    except ApiRefusalError as refusal:
        return _form(refusal.message, refusal.status)
    except ApiUnavailableError as outage:
        return _form(str(outage), HTTPStatus.SERVICE_UNAVAILABLE)


@blueprint.post("/register")
def register() -> Response:
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


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    return {"status": "ok"}


def _begin_session() -> Response:
    """A new session under a new id; the one this browser had before ends."""
    email = request.form.get("email", "")
    tokens = _client().log_in(email, request.form.get("password", ""), _client_address())
    if g.session:
        _sessions().close(g.session.session_id)
    response = redirect(local_destination(request.form.get("next")), HTTPStatus.SEE_OTHER)
    set_cookies(response, _sessions().open(email, tokens))
    return response


def _form(error: str | None = None, status: int = HTTPStatus.OK) -> Response:
    page = render_template(
        "login.html",
        registering=request.path == "/register",
        error=error,
        email=request.form.get("email", ""),
        destination=local_destination(request.values.get("next")),
    )
    return make_response(page, status)


def _sentence(refusal: ApiRefusalError) -> str:
    details = [text if isinstance(text, str) else " ".join(map(str, text)) for text in refusal.fields.values()]
    return " ".join([refusal.message, *(text for text in details if text not in refusal.message)])


def _client_address() -> str:
    return request.remote_addr or ""


def _client() -> ApiClient:
    client: ApiClient = current_app.extensions["api_client"]
    return client


def _sessions() -> SessionStore:
    sessions: SessionStore = current_app.extensions["sessions"]
    return sessions
