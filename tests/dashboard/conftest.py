"""The dashboard as a WSGI application, and the real API over loopback for the tests that need one."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.api.client import TokenPair
from dashboard.app import create_server
from dashboard.auth.guard import CSRF_COOKIE, SESSION_COOKIE, csrf_token
from dashboard.config import Settings
from scripts.launcher.home import free_port
from tests.support.platform import Platform, wait_until

ROOT = Path(__file__).parent.parent.parent
ORIGIN = {"Origin": "http://localhost"}
ACCESS, REFRESH = "header.access.signature", "header.refresh.signature"


def dashboard_for(api_url: str) -> Flask:
    """A dashboard with a secret of its own."""
    return create_server(Settings(dashboard_secret_key=secrets.token_urlsafe(32), api_url=api_url))


@pytest.fixture(scope="module")
def server() -> Flask:
    """A dashboard whose API is down."""
    return dashboard_for(f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def visitor(server: Flask) -> FlaskClient:
    """A browser without a session."""
    return server.test_client()


@pytest.fixture
def member(server: Flask) -> FlaskClient:
    """A browser with a session, whose page sends Origin and token as Dash does: see `callback_headers`."""
    browser = server.test_client()
    session = server.extensions["sessions"].open("ada@example.org", TokenPair(ACCESS, REFRESH))
    with server.test_request_context():
        token = csrf_token(session)
    browser.set_cookie(SESSION_COOKIE, session.session_id)
    browser.set_cookie(CSRF_COOKIE, token)
    return browser


def callback_headers(browser: FlaskClient) -> dict[str, str]:
    """What Dash's script adds to a callback."""
    cookie = browser.get_cookie(CSRF_COOKIE)
    assert cookie is not None
    return ORIGIN | {"X-CSRFToken": cookie.value}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files with one listing, which traded at 100 to 104 on four days."""
    folder = tmp_path_factory.mktemp("market")
    (folder / "prices").mkdir()
    header = "ticker,name,currency,exchange,quote_type,sector,price_basis,timezone"
    (folder / "assets.csv").write_text(f"{header}\nVTI,Total Market,USD,NYQ,ETF,,as_traded,America/New_York\n")
    bars = [
        f"2024-01-0{day},100,104,100,{close},{close},1000,0,0"
        for day, close in ((2, 101), (3, 102), (4, 103), (5, 104))
    ]
    columns = "date,open,high,low,close,adj_close,volume,dividends,splits"
    (folder / "prices" / "VTI.csv").write_text("\n".join([columns, *bars]) + "\n")
    return folder


@pytest.fixture(scope="module")
def sign_in_settings() -> dict[str, str]:
    """Whether the API offers sign-in through another provider: it does not, unless a module says so."""
    return {}


@pytest.fixture(scope="module")
def api_url(platform: Platform, market: Path, sign_in_settings: dict[str, str]) -> Iterator[str]:
    """The real API on a freshly migrated database and the market of files."""
    port = free_port()
    environment = os.environ | platform.environment
    environment |= {"API_PORT": str(port), "API_WORKERS": "1", "JWT_SECRET_KEY": secrets.token_urlsafe(32)}
    environment |= {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "PYTHONPATH": str(ROOT)}
    environment |= {"FILES_SOURCE_DIR": str(market)} | sign_in_settings
    url = f"http://127.0.0.1:{port}"
    with served("auth_service", "auth_service.app:create_app()", f"{url}/health/ready", environment):
        yield url


@pytest.fixture(scope="module")
def dashboard_url(api_url: str) -> Iterator[str]:
    """The dashboard as it is deployed, in front of the real API."""
    port = free_port()
    environment = os.environ | {"DASHBOARD_SECRET_KEY": secrets.token_urlsafe(32), "PYTHONPATH": str(ROOT)}
    environment |= {"API_URL": api_url, "DASHBOARD_PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    with served("dashboard", "dashboard.app:create_server()", f"{url}/health/live", environment):
        yield url


@contextmanager
def served(package: str, application: str, health: str, environment: dict[str, str]) -> Iterator[None]:
    """Run a service as it is deployed, until the block ends."""
    command = [sys.executable, "-m", "gunicorn", "--config", f"{package}/gunicorn.conf.py", application]
    service = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        wait_until(lambda: answers(health), f"{application} answers", seconds=30)
        yield
    finally:
        service.terminate()
        service.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
