"""Signing in through another provider, from the login page and back, against the real API and a small provider."""

import secrets
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.api.client import ApiClient
from dashboard.app import create_server
from dashboard.config import Settings
from tests.dashboard.conftest import dashboard_for
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Provider, running_provider

SITES = {"cross-site": 403, "same-origin": 303, "none": 303}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def sign_in_settings(running: Provider) -> dict[str, str]:
    return {
        "OIDC_ISSUER": running.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_REDIRECT_URI": REDIRECT_URI,
        "OIDC_NAME": "Our <Keycloak>",
    }


@pytest.fixture(scope="module")
def live_server(api_url: str) -> Flask:
    return dashboard_for(api_url)


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider with somebody new, behaving well."""
    name = secrets.token_hex(6)
    running.person, running.status = {"sub": name, "email": f"{name}@example.org"}, HTTPStatus.OK
    return running


@pytest.fixture
def browser(live_server: Flask) -> FlaskClient:
    return live_server.test_client()


def visit(browser: FlaskClient, provider: Provider) -> dict[str, str]:
    """Follow the link of the login page to the provider; what it sends the browser back with."""
    reply = browser.get("/login/oidc/start")
    assert reply.status_code == HTTPStatus.SEE_OTHER
    return provider.visit(reply.headers["Location"])


def test_the_login_page_leads_to_the_provider_and_back_into_the_portfolio(
    browser: FlaskClient, provider: Provider
) -> None:
    page = browser.get("/login").text
    assert '<a href="/login/oidc/start">Sign in with Our &lt;Keycloak&gt;</a>' in page

    reply = browser.get("/login/oidc", query_string=visit(browser, provider))

    assert (reply.status_code, reply.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/")
    assert browser.get("/").status_code == HTTPStatus.OK
    assert provider.person["email"] in browser.get("/_dash-layout").text


@pytest.mark.threat(52)
def test_a_page_elsewhere_begins_no_sign_in(browser: FlaskClient) -> None:
    asked = {site: browser.get("/login/oidc/start", headers={"Sec-Fetch-Site": site}) for site in SITES}

    assert {site: reply.status_code for site, reply in asked.items()} == SITES
    assert "Another site started this sign-in" in asked["cross-site"].text
    assert "Set-Cookie" not in asked["cross-site"].headers


def test_the_browser_holds_the_state_and_no_token(browser: FlaskClient, provider: Provider) -> None:
    cookie = browser.get("/login/oidc/start").headers["Set-Cookie"]
    assert cookie.startswith("macrofolio_sign_in=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie

    reply = browser.get("/login/oidc", query_string=visit(browser, provider))

    assert "eyJ" not in str(reply.headers)
    assert browser.get_cookie("macrofolio_sign_in", path="/login") is None


def test_somebody_elses_way_back_signs_nobody_in(live_server: Flask, browser: FlaskClient, provider: Provider) -> None:
    attackers = visit(live_server.test_client(), provider)
    began_too = live_server.test_client()
    visit(began_too, provider)

    for victim in (browser, began_too):
        reply = victim.get("/login/oidc", query_string=attackers)
        assert reply.status_code == HTTPStatus.BAD_REQUEST
        assert "started in another browser" in reply.text
        assert victim.get("/_dash-layout").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "back", [{}, {"error": "access_denied", "state": "x"}, {"code": "x"}, {"state": "é", "code": "x"}]
)
def test_a_sign_in_that_was_given_up_leads_back_to_the_form(browser: FlaskClient, back: dict[str, str]) -> None:
    reply = browser.get("/login/oidc", query_string=back)

    assert reply.status_code == HTTPStatus.BAD_REQUEST
    assert 'role="alert"' in reply.text


def test_the_apis_refusal_is_shown(browser: FlaskClient, provider: Provider) -> None:
    back = visit(browser, provider)
    provider.person["email"] = "nothing like an address"

    reply = browser.get("/login/oidc", query_string=back)

    assert reply.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "did not share your e-mail address" in reply.text


class Way(httpx.HTTPTransport):
    """The way to the API: remembers what went over it, and loses the answers of one path."""

    def __init__(self, lost: str = "") -> None:
        super().__init__()
        self.lost = lost
        self.asked: dict[str, httpx.Headers] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked[request.url.path] = request.headers
        reply = super().handle_request(request)
        if request.url.path == self.lost:
            reply.close()
            raise httpx.ReadError("The answer is lost.")
        return reply


def dashboard_over(way: Way, api_url: str) -> FlaskClient:
    settings = Settings(dashboard_secret_key=secrets.token_urlsafe(32), api_url=api_url)
    return create_server(settings, ApiClient(settings.api_base_url, way)).test_client()


def test_the_api_hears_from_where_somebody_signs_in(api_url: str, provider: Provider) -> None:
    way = Way()
    browser = dashboard_over(way, api_url)
    browser.environ_base["REMOTE_ADDR"] = "192.0.2.9"

    browser.get("/login/oidc", query_string=visit(browser, provider))

    heard = {path: way.asked[f"/api/v1/auth/oidc/{path}"].get("X-Forwarded-For") for path in ("start", "finish")}
    assert heard == {"start": "192.0.2.9", "finish": "192.0.2.9"}


def test_a_session_whose_owner_cannot_be_read_is_ended(api_url: str, provider: Provider) -> None:
    way = Way(lost="/api/v1/auth/me")
    browser = dashboard_over(way, api_url)

    reply = browser.get("/login/oidc", query_string=visit(browser, provider))

    assert reply.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "is not responding" in reply.text
    left_behind = {"Authorization": way.asked[way.lost]["Authorization"]}
    again = httpx.get(f"{api_url}{way.lost}", headers=left_behind, trust_env=False)
    assert again.status_code == HTTPStatus.UNAUTHORIZED


def test_a_provider_that_is_down_is_told_on_the_login_page(browser: FlaskClient, provider: Provider) -> None:
    back = visit(browser, provider)
    provider.status = HTTPStatus.INTERNAL_SERVER_ERROR

    reply = browser.get("/login/oidc", query_string=back)

    assert reply.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "is not responding" in reply.text
    assert 'id="password"' in reply.text


def test_where_the_api_is_down_the_login_page_offers_nothing_more(visitor: FlaskClient) -> None:
    page = visitor.get("/login")

    assert page.status_code == HTTPStatus.OK
    assert "Sign in with" not in page.text
