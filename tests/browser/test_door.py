"""In and out: the login leads to where people were going, and nothing of a session can be read in the browser."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus

import httpx
from playwright.sync_api import Response, expect

from scripts.demo.portfolio import api_client
from tests.browser.conftest import Stage
from tests.browser.tab import Tab

OpenTab = Callable[..., Tab]
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
VIEW = "/?window=3y"


def test_a_wrong_password_is_refused_and_the_address_stays(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab()
    tab.foreseen.append("401 (UNAUTHORIZED)")
    tab.page.goto(stage.url)

    tab.fill_in({"email": stage.investor["email"], "password": "not the right one"})

    expect(tab.page.get_by_role("alert")).to_be_visible()
    expect(tab.page.get_by_label("E-mail")).to_have_value(stage.investor["email"])
    assert [cookie["name"] for cookie in tab.page.context.cookies()] == []


def test_the_login_leads_to_the_view_that_was_asked_for(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab().sign_in(stage.newcomer(), VIEW)

    assert tab.page.url == stage.url + VIEW
    expect(tab.page).to_have_title("Analytics · Macrofolio")


def test_the_login_leads_nowhere_else(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab()
    tab.page.goto(f"{stage.url}/login?next=https%3A%2F%2Fevil.example%2F")

    tab.fill_in(stage.newcomer())

    tab.page.wait_for_url(f"{stage.url}/")
    tab.wait_until_settled()


def test_a_session_that_was_ended_elsewhere_leads_to_the_login_and_back(open_tab: OpenTab, stage: Stage) -> None:
    login = stage.newcomer()
    tab = open_tab().sign_in(login, VIEW)
    tab.foreseen.append("401 (UNAUTHORIZED)")
    with api_client(stage.warehouse.home, login) as elsewhere:
        elsewhere.delete("/auth/sessions").raise_for_status()

    tab.look_now()

    tab.page.wait_for_url(f"{stage.url}/login?next=**")
    tab.fill_in(login)
    tab.page.wait_for_url(stage.url + VIEW)
    tab.wait_until_settled()


def test_after_the_logout_the_page_is_closed_and_the_tokens_are_dead(open_tab: OpenTab, stage: Stage) -> None:
    login = stage.newcomer()
    tab = open_tab().sign_in(login, "/ledger")
    tab.page.get_by_role("button", name="Log out").click()
    tab.page.wait_for_url(f"{stage.url}/login")

    tab.page.goto(f"{stage.url}/ledger")

    tab.page.wait_for_url(f"{stage.url}/login?next=%2Fledger")
    assert tab.page.context.cookies() == []
    with api_client(stage.warehouse.home, login) as api:
        sessions = api.get("/auth/sessions").raise_for_status().json()["items"]
    assert len(sessions) == 1  # the one that asks


def test_no_token_reaches_the_browser(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab().sign_in(stage.investor)
    received: list[Response] = []
    tab.page.on("response", lambda response: received.append(response))  # noqa: PLW0108  # built-ins take no hook
    tab.visit("/")

    state = tab.page.context.storage_state()
    stored = tab.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    told = [answer for answer in received if answer.request.resource_type in ("document", "fetch")]
    bodies = [answer.text() for answer in told if answer.status == HTTPStatus.OK]

    assert len(bodies) > 5
    assert [text for text in (json.dumps(state), stored, tab.page.content(), *bodies) if TOKEN.search(text)] == []
    by_name = {cookie["name"]: cookie for cookie in state["cookies"]}
    assert by_name["macrofolio_session"]["httpOnly"]
    assert {cookie["sameSite"] for cookie in by_name.values()} == {"Lax"}


def test_the_pattern_of_a_token_is_the_api_s(stage: Stage) -> None:
    tokens = httpx.post(f"{stage.api_url}/api/v1/auth/login", json=stage.investor, trust_env=False).json()

    assert TOKEN.fullmatch(tokens["access_token"])
    assert TOKEN.fullmatch(tokens["refresh_token"])
