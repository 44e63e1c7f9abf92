"""Nothing without a session, nothing from a foreign page, whatever a request says about itself."""

from http import HTTPStatus

import httpx
import pytest
from flask.testing import FlaskClient

from dashboard.api.client import TokenPair
from dashboard.app import create_server
from dashboard.auth.guard import SESSION_COOKIE, csrf_token
from dashboard.config import Settings
from scripts.launcher.home import free_port
from tests.dashboard.conftest import ACCESS, ORIGIN, REFRESH, callback_headers, dashboard_for
from tests.support.slow_clients import HALVES, longest_wait

STATUS_CALLBACK = {
    "output": "..shell-status.children...shell-poll.interval...shell-snapshot.data..",
    "outputs": [
        {"id": "shell-status", "property": "children"},
        {"id": "shell-poll", "property": "interval"},
        {"id": "shell-snapshot", "property": "data"},
    ],
    "inputs": [
        {"id": "shell-poll", "property": "n_intervals", "value": 1},
        {"id": "shell-wake", "property": "data", "value": None},
    ],
    "state": [{"id": "shell-snapshot", "property": "data", "value": None}],
    "changedPropIds": ["shell-poll.n_intervals"],
}
PRIVATE = [
    "/_dash-layout",
    "/_dash-dependencies",
    "/_reload-hash",
    "/_favicon.ico",
    "/health/session",
    "/_dash-component-suites/dash/dash-renderer/build/dash_renderer.min.js",
    "/assets/session.js",
    "/assets/../app.py",
    "/login/",
    "/login/../_dash-layout",
    "/nowhere",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_without_a_session_everything_is_401(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("path", "login"), [("/", "/login?next=%2F"), ("/ledger?ticker=VTI", "/login?next=%2Fledger%3Fticker%3DVTI")]
)
def test_a_page_sends_to_the_login(visitor: FlaskClient, path: str, login: str) -> None:
    reply = visitor.get(path)

    assert (reply.status_code, reply.headers["Location"]) == (HTTPStatus.FOUND, login)


@pytest.mark.parametrize("claimed", ["/login", "/register", "/assets/macrofolio.css"])
def test_a_callback_that_names_an_open_path_is_401(visitor: FlaskClient, claimed: str) -> None:
    forged = STATUS_CALLBACK | {"inputs": [{"id": "_pages_location", "property": "pathname", "value": claimed}]}

    reply = visitor.post("/_dash-update-component", json=forged, headers=ORIGIN)

    assert reply.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("body", [None, [], {}, {"output": ["x"]}, {"output": "x", "inputs": None}])
def test_a_stranger_s_broken_callback_breaks_nothing(visitor: FlaskClient, body: object) -> None:
    assert visitor.post("/_dash-update-component", json=body, headers=ORIGIN).status_code == HTTPStatus.BAD_REQUEST
    assert visitor.get("/_dash-update-component").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_stranger_sends_no_large_body(visitor: FlaskClient) -> None:
    forged = STATUS_CALLBACK | {"state": ["x" * 2**15]}

    reply = visitor.post("/_dash-update-component", json=forged, headers=ORIGIN)

    assert reply.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_made_up_session_id_is_no_session(visitor: FlaskClient) -> None:
    visitor.set_cookie("macrofolio_session", "A" * 43)

    assert visitor.get("/_dash-layout").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_do_not_open_the_login(visitor: FlaskClient, method: str) -> None:
    assert visitor.open("/login", method=method, headers=ORIGIN).status_code == HTTPStatus.UNAUTHORIZED


def test_a_session_opens_layout_and_callbacks(member: FlaskClient) -> None:
    assert member.get("/_dash-layout").status_code == HTTPStatus.OK
    reply = member.post("/_dash-update-component", json=STATUS_CALLBACK, headers=callback_headers(member))

    assert reply.status_code == HTTPStatus.OK
    assert "is not responding" in reply.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example", ""])
@pytest.mark.parametrize("path", ["/_dash-update-component", "/login", "/logout", "/register"])
def test_a_foreign_page_is_refused(member: FlaskClient, path: str, origin: str) -> None:
    reply = member.post(path, json=STATUS_CALLBACK, headers=callback_headers(member) | {"Origin": origin})

    assert reply.status_code == HTTPStatus.FORBIDDEN
    assert member.get("/_dash-layout").status_code == HTTPStatus.OK


@pytest.mark.parametrize("token", ["", "guess", "ümlaut", "0" * 64])
def test_a_callback_without_the_session_s_own_token_is_refused(member: FlaskClient, token: str) -> None:
    reply = member.post(
        "/_dash-update-component",
        json=STATUS_CALLBACK,
        headers=ORIGIN | {"X-CSRFToken": token.encode().decode("latin-1")},
    )

    assert reply.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("path", ["/login", "/", "/_dash-layout", "/_dash-dependencies", "/ledger"])
def test_headers_on_every_route(member: FlaskClient, path: str) -> None:
    headers = member.get(path).headers
    policy = dict(part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))

    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/ledger", "/_dash-layout", "/_dash-dependencies"])
def test_no_token_in_any_page(member: FlaskClient, path: str) -> None:
    page = member.get(path).text

    assert ACCESS not in page
    assert REFRESH not in page


def test_everything_loads_from_here(member: FlaskClient) -> None:
    page = member.get("/").text

    assert 'src="http' not in page
    assert 'href="http' not in page


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example",
        "//[evil",
        "/ledger/../login",
        "//evil.example/ledger",
        "/\\evil.example",
        "https://evil.example",
        "/nowhere",
    ],
)
def test_the_login_form_passes_on_only_our_own_pages(visitor: FlaskClient, asked: str) -> None:
    page = visitor.get("/login", query_string={"next": asked}).text

    assert '<input type="hidden" name="next" value="/">' in page
    assert "evil" not in page


def test_the_login_says_when_the_api_is_down(visitor: FlaskClient) -> None:
    reply = visitor.post("/login", data={"email": "ada@example.org", "password": "p"}, headers=ORIGIN)

    assert reply.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "is not responding" in reply.text
    assert "Set-Cookie" not in reply.headers


def test_logging_out_works_while_the_api_is_down(member: FlaskClient) -> None:
    assert member.post("/logout", headers=ORIGIN).headers["Location"] == "/login"
    assert member.get("/_dash-layout").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("secret", ["", "dev", "x" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="dashboard_secret_key"):
        create_server(Settings(dashboard_secret_key=secret))


@pytest.mark.parametrize("output", ["x\n[CRITICAL] forged", "y" * 2**21, None, ["a"], {"a": 1}])
def test_a_callback_that_no_page_has_is_refused_in_one_short_line(
    member: FlaskClient, caplog: pytest.LogCaptureFixture, output: object
) -> None:
    body = STATUS_CALLBACK | {"output": output}

    reply = member.post("/_dash-update-component", json=body, headers=callback_headers(member))

    assert reply.status_code == HTTPStatus.BAD_REQUEST
    assert [len(record.getMessage()) < 100 for record in caplog.records] == [True]


@pytest.mark.parametrize("path", ["os/__init__.py", "dash/dash.py", "dash/../../etc/passwd", "nothing/at-all.js"])
def test_of_packages_only_what_a_page_needs_is_served(member: FlaskClient, path: str) -> None:
    assert member.get(f"/_dash-component-suites/{path}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("left_out", ["inputs", "changedPropIds"])
@pytest.mark.parametrize("instead", [None, 7, "x", {}, [7]])
def test_a_callback_without_what_every_page_sends_is_refused(
    member: FlaskClient, left_out: str, instead: object
) -> None:
    body = STATUS_CALLBACK | {left_out: instead}

    reply = member.post("/_dash-update-component", json=body, headers=callback_headers(member))

    assert reply.status_code == HTTPStatus.BAD_REQUEST


def test_the_first_request_of_all_may_be_a_callback() -> None:
    """A page that was open while the dashboard was started anew."""
    server = dashboard_for(f"http://127.0.0.1:{free_port()}")
    browser = server.test_client()
    session = server.extensions["sessions"].open("ada@example.org", TokenPair(ACCESS, REFRESH))
    with server.test_request_context():
        token = csrf_token(session)
    browser.set_cookie(SESSION_COOKIE, session.session_id)

    reply = browser.post("/_dash-update-component", json=STATUS_CALLBACK, headers=ORIGIN | {"X-CSRFToken": token})

    assert reply.status_code == HTTPStatus.OK


@pytest.mark.parametrize(("path", "size"), [("/login", 2**15), ("/_dash-update-component", 17 * 2**20)])
def test_a_body_beyond_what_a_route_needs_is_refused(member: FlaskClient, path: str, size: int) -> None:
    reply = member.post(path, data=b"a=" + b"x" * size, headers=callback_headers(member))

    assert reply.status_code in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.BAD_REQUEST}


@pytest.mark.threat(47)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example"])
def test_a_name_that_suddenly_means_this_machine_opens_no_door(visitor: FlaskClient, host: str) -> None:
    login = {"email": "ada@example.org", "password": "a quiet harbour"}
    from_itself = {"Host": host, "Origin": f"http://{host}"}

    assert visitor.post("/login", data=login, headers=from_itself).status_code == HTTPStatus.BAD_REQUEST
    assert visitor.get("/login", headers=from_itself).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.threat(54)
@pytest.mark.parametrize("half", HALVES)
def test_clients_that_stop_half_way_keep_nobody_waiting(dashboard_url: str, half: str) -> None:
    assert longest_wait(f"{dashboard_url}/health/live", half, number=20) < 5


@pytest.mark.threat(47)
def test_nothing_is_believed_of_who_is_no_proxy_of_ours(dashboard_url: str) -> None:
    claimed = {"SCRIPT_NAME": "/x", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/x"}

    elsewhere = httpx.get(f"{dashboard_url}/x/health/live", headers=claimed, trust_env=False)
    left = httpx.post(f"{dashboard_url}/logout", headers=claimed | {"Origin": dashboard_url}, trust_env=False)

    assert elsewhere.status_code == HTTPStatus.UNAUTHORIZED
    assert "Secure" not in str(left.headers.get_list("Set-Cookie"))
    assert left.headers.get_list("Set-Cookie") != []
