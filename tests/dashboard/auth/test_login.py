"""Logging in against the real API."""

from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.dashboard.auth.test_door import STATUS_CALLBACK
from tests.dashboard.conftest import ORIGIN, callback_headers, dashboard_for

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def live_server(api_url: str) -> Flask:
    """A dashboard on the real API, with one account."""
    server = dashboard_for(api_url)
    account = {"email": "ada@example.org", "password": PASSWORD, "base_currency": "EUR"}
    assert server.test_client().post("/register", data=account, headers=ORIGIN).status_code == HTTPStatus.SEE_OTHER
    return server


@pytest.fixture
def browser(live_server: Flask) -> FlaskClient:
    return live_server.test_client()


def log_in(browser: FlaskClient, destination: str = "/ledger", password: str = PASSWORD) -> tuple[int, str, list[str]]:
    """Status, destination and cookies of the answer."""
    form = {"email": "ada@example.org", "password": password, "next": destination}
    reply = browser.post("/login", data=form, headers=ORIGIN)
    return reply.status_code, reply.headers.get("Location", ""), reply.headers.getlist("Set-Cookie")


def test_a_login_leads_to_the_page_that_was_asked_for(browser: FlaskClient) -> None:
    status, destination, _ = log_in(browser)

    assert (status, destination) == (HTTPStatus.SEE_OTHER, "/ledger")
    assert browser.get("/ledger").status_code == HTTPStatus.OK


@pytest.mark.parametrize("asked", ["//evil.example", "/\\evil.example", "https://evil.example", "/_dash-layout", ""])
def test_a_login_leads_nowhere_else(browser: FlaskClient, asked: str) -> None:
    assert log_in(browser, asked)[:2] == (HTTPStatus.SEE_OTHER, "/")


def test_the_browser_holds_a_random_id_and_no_token(browser: FlaskClient) -> None:
    session, csrf = log_in(browser)[2]

    assert session.startswith("macrofolio_session=")
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "SameSite=Lax" in csrf
    assert "eyJ" not in session + csrf + browser.get("/").text + browser.get("/_dash-layout").text


def test_cookies_are_secure_behind_tls(live_server: Flask) -> None:
    form = {"email": "ada@example.org", "password": PASSWORD}
    reply = live_server.test_client().post(
        "/login", data=form, base_url="https://localhost", headers={"Origin": "https://localhost"}
    )

    assert all("Secure" in cookie for cookie in reply.headers.getlist("Set-Cookie"))


def test_each_login_gets_a_new_id_and_ends_the_one_before(live_server: Flask, browser: FlaskClient) -> None:
    log_in(browser)
    before = browser.get_cookie("macrofolio_session")
    log_in(browser)
    after = browser.get_cookie("macrofolio_session")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert live_server.extensions["sessions"].find(before.value) is None


def test_a_wrong_password_shows_the_api_s_sentence_and_keeps_the_address(browser: FlaskClient) -> None:
    reply = browser.post("/login", data={"email": "ada@example.org", "password": "wrong"}, headers=ORIGIN)

    assert reply.status_code == HTTPStatus.UNAUTHORIZED
    assert 'role="alert"' in reply.text
    assert 'value="ada@example.org"' in reply.text
    assert "Set-Cookie" not in reply.headers


def test_a_short_password_is_refused_at_registration(browser: FlaskClient) -> None:
    reply = browser.post("/register", data={"email": "bob@example.org", "password": "short"}, headers=ORIGIN)

    assert reply.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in reply.text


def test_a_fresh_account_is_ready_for_its_first_transaction(browser: FlaskClient) -> None:
    log_in(browser)

    reply = browser.post("/_dash-update-component", json=STATUS_CALLBACK, headers=callback_headers(browser))

    assert reply.status_code == HTTPStatus.OK
    assert "Ready for your first transaction." in reply.text


def test_after_logout_the_old_cookie_opens_nothing(live_server: Flask, browser: FlaskClient) -> None:
    log_in(browser)
    cookie = browser.get_cookie("macrofolio_session")
    assert cookie is not None

    browser.post("/logout", headers=ORIGIN)
    browser.set_cookie("macrofolio_session", cookie.value)

    assert browser.get("/_dash-layout").status_code == HTTPStatus.UNAUTHORIZED


def test_a_session_ended_at_the_api_answers_callbacks_with_401(live_server: Flask, browser: FlaskClient) -> None:
    log_in(browser)
    cookie = browser.get_cookie("macrofolio_session")
    assert cookie is not None
    session = live_server.extensions["sessions"].find(cookie.value)
    live_server.extensions["api_client"].log_out(session.tokens)

    reply = browser.post("/_dash-update-component", json=STATUS_CALLBACK, headers=callback_headers(browser))

    assert reply.status_code == HTTPStatus.UNAUTHORIZED
    assert browser.get_cookie("macrofolio_session") is None
