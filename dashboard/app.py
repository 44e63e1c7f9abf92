"""Assembles the app: sessions, the guard, the headers, the pages."""

from http import HTTPStatus
from pathlib import Path

import dash
from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.accounts import page as accounts_page
from dashboard.analytics import page as analytics_page
from dashboard.api.client import ApiClient, ApiRefusalError, ApiUnavailableError
from dashboard.api.user_api import LoggedOutError
from dashboard.auth import login
from dashboard.auth.guard import SessionAuth, clear_cookies, recognise
from dashboard.auth.request_bounds import add_bounds
from dashboard.auth.security_headers import add_security_headers
from dashboard.auth.sessions import SessionStore
from dashboard.config import Settings
from dashboard.data import page as data_page
from dashboard.ledger import page as ledger_page
from dashboard.regimes import page as regimes_page
from dashboard.settings import page as settings_page
from dashboard.ui import shell

PAGES = (analytics_page, ledger_page, accounts_page, regimes_page, data_page, settings_page)
SECONDS_PER_DAY = 86400


def create_server(settings: Settings | None = None, client: ApiClient | None = None) -> Flask:
    """The WSGI application. Settings come from the environment unless given."""
    settings = settings or Settings()
    server = Flask("dashboard", static_folder=None)
    server.config["SECRET_KEY"] = settings.dashboard_secret_key.get_secret_value()
    server.config["TRUSTED_HOSTS"] = settings.trusted_hosts
    sessions = SessionStore(max_age=settings.session_days * SECONDS_PER_DAY)
    server.extensions["sessions"] = sessions
    server.extensions["api_client"] = client or ApiClient(settings.api_base_url)
    server.register_blueprint(login.blueprint)
    server.register_error_handler(LoggedOutError, _logged_out)
    app = dash.Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # a Flask app is what it documents
        use_pages=True,
        pages_folder="",  # each is registered below
        title="Macrofolio",
        update_title=None,  # type: ignore[arg-type]  # documented: None leaves the title alone
        serve_locally=True,
        use_async=False,
        enable_mcp=False,
        websocket_callbacks=False,
        index_string=(Path(__file__).parent / "templates" / "index.html").read_text(encoding="utf-8"),
        on_error=_keep_what_is_shown,
    )
    app.layout = shell.layout
    for part in (shell, *PAGES):
        part.wire(app)
    # In the order in which a request meets them.
    recognise(app, sessions)
    add_bounds(app)
    SessionAuth(app)
    add_security_headers(app)
    if settings.dashboard_trusted_proxies:
        hops = settings.dashboard_trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return server


def _logged_out(_error: LoggedOutError) -> Response:
    response = Response("Your session has ended. Log in again.", HTTPStatus.UNAUTHORIZED)
    clear_cookies(response)
    return response


def _keep_what_is_shown(error: Exception) -> None:
    """While the API can't answer, the page stays as it is and the status strip says why. Other errors are bugs."""
    if isinstance(error, ApiUnavailableError) or (isinstance(error, ApiRefusalError) and error.is_temporary):
        return
    raise error
