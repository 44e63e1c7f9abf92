"""What the proxy lets through, and to whom: a real Caddy with the deployment's own file."""

import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from scripts.launcher.home import ROOT, free_port
from scripts.launcher.services import BIN
from tests.dashboard.conftest import served
from tests.deploy.caddy import CADDYFILE, Proxy, running_caddy
from tests.deploy.conftest import Deployment
from tests.support.platform import Platform, wait_until
from tests.support.running_api import RunningApi, register, running_api

LOCAL = "http://127.0.0.1:{port}, http://localhost:{port}"
OF_THE_API = (
    *("/api/v1/portfolio/status", "/api/v1/auth/login?next=%2F", "/docs", "/docs/swagger-ui.css"),
    *("/openapi.json", "/health/live", "/health/ready"),
)
OF_THE_DASHBOARD = (
    "/",
    "/ledger",
    "/login",
    "/_dash-update-component",
    "/assets/macrofolio.css",
    "/metrics",
    "/docsy",
    "/apiary",
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_caddy(LOCAL, tmp_path_factory.mktemp("caddy")) as proxy:
        yield proxy


@pytest.fixture
def visitor(proxy: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{proxy.site_port}", trust_env=False) as client:
        yield client


@pytest.mark.parametrize("name", ["proxy", "proxy-local"])
def test_caddy_accepts_its_file(containers: dict[str, Any], tmp_path: Path, name: str) -> None:
    environment = containers[name]["environment"] | {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    command = [str(BIN / "caddy"), "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Valid configuration" in done.stdout + done.stderr
    formatted = subprocess.run([BIN / "caddy", "fmt", CADDYFILE], capture_output=True, text=True, check=False)
    assert formatted.stdout == CADDYFILE.read_text()


def test_the_image_has_the_caddy_that_is_tested() -> None:
    told = subprocess.run([BIN / "caddy", "version"], capture_output=True, text=True, check=True).stdout
    pinned = re.search(
        r"^FROM caddy:([\d.]+)-alpine(?:@\S+)? AS proxy$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )

    assert pinned is not None
    assert told.startswith(f"v{pinned[1]} ")


@pytest.mark.parametrize(
    ("path", "name"), [*((path, "api") for path in OF_THE_API), *((path, "app") for path in OF_THE_DASHBOARD)]
)
def test_each_request_goes_where_it_belongs(visitor: httpx.Client, path: str, name: str) -> None:
    told = visitor.get(path).json()

    assert (told["name"], told["path"]) == (name, path)


def test_airflow_answers_on_a_port_of_its_own(proxy: Proxy) -> None:
    told = httpx.get(f"http://127.0.0.1:{proxy.airflow_port}/api/v2/version", trust_env=False).json()

    assert (told["name"], told["path"]) == ("airflow", "/api/v2/version")


@pytest.mark.parametrize("port", ["site_port", "airflow_port"])
def test_a_request_for_another_host_reaches_nobody(proxy: Proxy, port: str) -> None:
    """A page elsewhere whose name suddenly means 127.0.0.1 learns nothing."""
    before = [len(echo.asked) for echo in proxy.echoes.values()]

    reply = httpx.get(f"http://127.0.0.1:{getattr(proxy, port)}/", headers={"Host": "evil.example"}, trust_env=False)

    assert reply.text == ""
    assert [len(echo.asked) for echo in proxy.echoes.values()] == before


@pytest.mark.threat(14)
@pytest.mark.parametrize("path", ["/", "/api/v1/auth/login"])
def test_what_a_client_claims_of_itself_is_replaced(visitor: httpx.Client, proxy: Proxy, path: str) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}

    told = visitor.get(path, headers=claimed).json()["headers"]

    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "http"
    assert told["X-Forwarded-Host"] == told["Host"] == f"127.0.0.1:{proxy.site_port}"


def test_answers_are_compressed_and_say_nothing_of_the_server(visitor: httpx.Client) -> None:
    reply = visitor.get("/api/v1/portfolio/status", headers={"Accept-Encoding": "gzip"})

    assert reply.headers["Content-Encoding"] == "gzip"
    assert "Server" not in reply.headers
    assert "Strict-Transport-Security" not in reply.headers
    known = {"Accept-Encoding": "gzip", "If-None-Match": reply.headers["ETag"]}
    assert visitor.get("/api/v1/portfolio/status", headers=known).status_code == HTTPStatus.NOT_MODIFIED


LONG_FOR_JSON = 2 * 1024 * 1024
LONG = 11 * 1024 * 1024  # bytes, as the dashboard sends a file of 8 MiB


@pytest.mark.threat(42)
@pytest.mark.parametrize(
    ("path", "length"),
    [("/api/v1/auth/login", 10), ("/api/v1/transactions/import", LONG), ("/_dash-update-component", LONG)],
)
def test_a_request_is_passed_on_when_it_is_there_as_a_whole(proxy: Proxy, path: str, length: int) -> None:
    """Half a request holds a connection of the proxy, and no thread behind it."""
    service = proxy.echoes["app" if path.startswith("/_dash") else "api"]
    before = len(service.asked)
    connections = len(_connections_to(service.server.server_port))
    with socket.create_connection(("127.0.0.1", proxy.site_port)) as slow:
        slow.sendall(_head(proxy, path, length) + b"x" * (length - 5))
        # Somebody who came later is answered meanwhile.
        assert httpx.get(f"http://127.0.0.1:{proxy.site_port}{path}", trust_env=False).status_code == 200
        # That answer's, and that of the question whether somebody is signed in.
        assert len(_connections_to(service.server.server_port)) <= connections + 2
        assert [told["length"] for told in service.asked[before:] if told["path"] == path] == [0]
        slow.sendall(b"67890")
        assert slow.recv(1024).startswith(b"HTTP/1.1 200")

    assert [told["length"] for told in service.asked[before:] if told["path"] == path] == [0, length]


@pytest.mark.threat(42)
@pytest.mark.parametrize("path", ["/api/v1/transactions/import", "/_dash-update-component"])
def test_only_who_is_signed_in_has_a_file_kept_until_it_is_whole(proxy: Proxy, path: str) -> None:
    """The services are asked before the first byte of it is read."""
    service = proxy.echoes["app" if path.startswith("/_dash") else "api"]
    before = len(service.asked)
    with socket.create_connection(("127.0.0.1", proxy.site_port)) as stranger:
        stranger.sendall(_head(proxy, path, LONG, "Authorization: nobody's", "Cookie: nobody's"))
        assert stranger.recv(1024).startswith(b"HTTP/1.1 401")

    (asked,) = service.asked[before:]
    assert (asked["path"], asked["length"]) in (("/api/v1/auth/me", 0), ("/health/session", 0))


def _head(proxy: Proxy, path: str, length: int, *others: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{proxy.site_port}", f"Content-Length: {length}", *others)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _connections_to(port: int) -> list[Any]:
    return [
        connection
        for connection in psutil.net_connections("tcp4")
        if connection.raddr and connection.raddr.port == port and connection.status == psutil.CONN_ESTABLISHED
    ]


def test_a_file_that_may_be_imported_passes_and_a_larger_one_does_not(visitor: httpx.Client) -> None:
    assert visitor.post("/_dash-update-component", content=b"x" * 12 * 1024 * 1024).json()["length"] == 12 * 1024 * 1024
    assert visitor.post("/api/v1/transactions/import", content=b"x" * 13 * 1024 * 1024).status_code == 413


@pytest.mark.threat(42)
@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/transactions", "/login"])
def test_no_other_body_is_as_long_as_a_megabyte(visitor: httpx.Client, path: str) -> None:
    assert visitor.post(path, content=b"x" * 1024 * 1024).json()["length"] == 1024 * 1024
    assert visitor.post(path, content=b"x" * (1024 * 1024 + 1)).status_code == 413


def test_while_a_service_is_away_people_and_scripts_are_told_so(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with running_caddy(LOCAL, tmp_path, api=nobody, app=nobody) as proxy:
        page, answer = (
            httpx.get(f"http://127.0.0.1:{proxy.site_port}{path}", trust_env=False) for path in ("/", "/api/v1/x")
        )

    assert (page.status_code, answer.status_code) == (503, 503)
    assert "starting or restarting" in page.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error"] == "unavailable"
    assert answer.headers["Retry-After"] == "10"


def test_a_public_host_is_served_by_https_alone(tmp_path: Path) -> None:
    with running_caddy("localhost", tmp_path) as proxy:
        wait_until(proxy.certificate.exists, "Caddy has made its authority", seconds=30)
        context = ssl.create_default_context(cafile=str(proxy.certificate))
        plain = httpx.get(f"http://localhost:{proxy.http_port}/ledger?x=1", trust_env=False)
        address = f"https://localhost:{proxy.https_port}"
        with httpx.Client(base_url=address, verify=context, trust_env=False) as client:
            wait_until(lambda: _is_served(client), "the certificate is there", seconds=30)
            reply = client.get("/api/v1/auth/me")

    assert (plain.status_code, plain.headers["Location"]) == (308, "https://localhost/ledger?x=1")
    assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert reply.json()["headers"]["X-Forwarded-Proto"] == "https"


@pytest.fixture(scope="module")
def api(platform: Platform) -> Iterator[RunningApi]:
    """The real API, which believes one proxy, as its container does."""
    with running_api(platform.environment, TRUSTED_PROXIES="1") as api:
        yield api


def test_the_api_behind_it_answers_as_it_does_alone(api: RunningApi, tmp_path: Path) -> None:
    with (
        running_caddy(LOCAL, tmp_path, api=api.url.removeprefix("http://")) as proxy,
        httpx.Client(base_url=f"http://127.0.0.1:{proxy.site_port}", trust_env=False, timeout=60) as client,
    ):
        assert client.get("/health/ready").json() == {"status": "ready"}
        alone = httpx.get(f"{api.url}/docs", trust_env=False)
        assert client.get("/docs").headers["Content-Security-Policy"] == alone.headers["Content-Security-Policy"]
        assert client.get("/docs/swagger-ui.css").is_success
        assert client.get("/openapi.json").json()["info"]["title"] == "Macrofolio"
        login = register(api.url)
        bearer = client.post("/api/v1/auth/login", json=login).json()["access_token"]
        file = b"ticker,side,quantity,price,trade_date\n" + b"#" * LONG_FOR_JSON
        sent = [
            client.post("/api/v1/transactions/import", content=file, headers={"Authorization": f"Bearer {token}"})
            for token in (bearer, "nobody's")
        ]
        # A made-up address does not make anybody somebody else: the wait comes all the same.
        wrong = login | {"password": "not the password"}
        statuses = [
            client.post(
                "/api/v1/auth/login", json=wrong, headers={"X-Forwarded-For": f"203.0.113.{number}"}
            ).status_code
            for number in range(8)
        ]

    assert [reply.status_code for reply in sent] == [422, 401]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]


def test_somebody_signs_in_to_the_dashboard_of_a_public_host(
    api: RunningApi, deployment: Deployment, containers: dict[str, Any], tmp_path: Path
) -> None:
    """Over TLS, by way of proxy, dashboard and API: the cookies are for TLS alone, and the API knows the visitor."""
    login, port = register(api.url), free_port()
    environment = {name: os.environ[name] for name in ("PATH", "HOME")} | containers["app"]["environment"]
    environment |= {"SECRETS_DIR": str(deployment.secrets), "PYTHONPATH": str(ROOT), "API_URL": api.url}
    environment |= {"DASHBOARD_HOST": "127.0.0.1", "DASHBOARD_PORT": str(port)}
    address = f"127.0.0.1:{port}"
    with (
        served("dashboard", "dashboard.app:create_server()", f"http://{address}/health/live", environment),
        running_caddy("localhost", tmp_path, app=address) as proxy,
    ):
        wait_until(proxy.certificate.exists, "Caddy has made its authority", seconds=30)
        origin = f"https://localhost:{proxy.https_port}"
        context = ssl.create_default_context(cafile=str(proxy.certificate))
        with httpx.Client(base_url=origin, verify=context, trust_env=False, timeout=60) as client:
            wait_until(lambda: _is_served(client), "the certificate is there", seconds=30)
            claimed = {"Origin": origin, "X-Forwarded-For": "203.0.113.7"}
            refused = client.post("/login", data=login, headers=claimed | {"Origin": "https://evil.example"})
            entered = client.post("/login", data=login, headers=claimed)
            page = client.get("/ledger")
            token = {"X-CSRFToken": client.cookies["_csrf_token"]}
            kept = client.post("/_dash-update-component", content=b"x" * LONG_FOR_JSON, headers=claimed | token)
        lines = [line for line in api.log_lines() if line.get("path") == "/api/v1/auth/login"]

    assert (refused.status_code, entered.status_code, page.status_code) == (403, 303, 200)
    assert (kept.status_code, kept.text[:11]) == (400, "This page i")
    cookies = entered.headers.get_list("Set-Cookie")
    assert len(cookies) == 2
    assert [cookie.partition("=")[0] for cookie in cookies if "HttpOnly" in cookie] == ["__Host-macrofolio_session"]
    assert [cookie for cookie in cookies if "; Secure" not in cookie] == []
    assert lines[-1]["address"] == "127.0.0.1"


def _is_served(client: httpx.Client) -> bool:
    try:
        return client.get("/login").is_success
    except httpx.TransportError:
        return False
