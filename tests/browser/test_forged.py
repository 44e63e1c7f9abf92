"""Requests that no page of ours made, with the cookies of somebody who is logged in."""

import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Request, expect

from tests.browser.conftest import Stage
from tests.browser.tab import Tab

OpenTab = Callable[..., Tab]
Visit = Callable[..., Tab]
CALLBACKS = "/_dash-update-component"
EVIL = "http://evil.example"


@pytest.fixture
def tab(visit: Visit) -> Tab:
    """The page with the least to load: each asks for the status, and may end the session."""
    return visit("/settings")


@pytest.fixture
def callback(tab: Tab) -> Request:
    """A callback as the page sends it."""
    with tab.page.expect_request(lambda request: CALLBACKS in request.url) as asked:
        tab.look_now()
    return asked.value


def replay(tab: Tab, callback: Request, body: Any = None, **changed: str | None) -> APIResponse:
    """The callback again with the browser's own cookies; headers that are None are left out."""
    headers = callback.all_headers() | {name.replace("_", "-"): value for name, value in changed.items()}
    sent = {name: value for name, value in headers.items() if value and not name.startswith((":", "cookie"))}
    return tab.page.context.request.post(callback.url, data=body or callback.post_data_json, headers=sent)


def test_the_page_s_own_callback_is_answered(tab: Tab, callback: Request) -> None:
    reply = replay(tab, callback)

    assert reply.status == HTTPStatus.OK
    assert "Prices end on" in reply.text()


@pytest.mark.parametrize(
    "changed",
    [
        {"x_csrftoken": None},
        {"x_csrftoken": "0" * 64},
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": None},
    ],
    ids=["no token", "another token", "a foreign origin", "an opaque origin", "no origin"],
)
def test_without_token_or_origin_it_is_refused(tab: Tab, callback: Request, changed: dict[str, str | None]) -> None:
    assert replay(tab, callback, **changed).status == HTTPStatus.FORBIDDEN


def test_inputs_that_name_the_login_open_nothing(tab: Tab, callback: Request) -> None:
    body = callback.post_data_json or {}
    body["inputs"] = [{"id": "_pages_location", "property": "pathname", "value": "/login"}, *body["inputs"]]
    tab.page.context.clear_cookies()

    reply = replay(tab, callback, body)

    assert reply.status == HTTPStatus.UNAUTHORIZED
    assert "Prices" not in reply.text()


def test_the_token_of_another_session_is_refused(tab: Tab, callback: Request, open_tab: OpenTab, stage: Stage) -> None:
    other = open_tab().sign_in(stage.newcomer())
    cookies = {cookie["name"]: cookie["value"] for cookie in other.page.context.cookies()}

    assert replay(tab, callback, x_csrftoken=cookies["_csrf_token"]).status == HTTPStatus.FORBIDDEN


def test_another_site_can_neither_log_out_nor_call(tab: Tab, callback: Request, other_site: str, stage: Stage) -> None:
    tab.foreseen += [other_site, "403 (FORBIDDEN)"]
    tab.page.goto(other_site)
    statuses: list[int] = []
    tab.page.on("response", lambda response: statuses.append(response.status) if stage.url in response.url else None)

    tab.page.evaluate(
        "([address, body]) => fetch(address, {method: 'POST', mode: 'no-cors', credentials: 'include', body})",
        [callback.url, callback.post_data],
    )
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="Win a prize").click()

    expect(tab.page.locator("body")).to_contain_text("did not come from this site")
    assert statuses == [HTTPStatus.FORBIDDEN, HTTPStatus.FORBIDDEN]
    tab.visit("/ledger")
    assert tab.page.url == f"{stage.url}/ledger"


@pytest.fixture
def other_site(stage: Stage) -> Iterator[str]:
    """A site of the same host, to which the browser's cookies go along; its only button sends our own form."""
    form = f'<form method="post" action="{stage.url}/logout"><button>Win a prize</button></form>'

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(form.encode())

        def log_message(self, *_: object) -> None:
            """Keep the tests' output to the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
