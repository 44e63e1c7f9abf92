"""The service as it is run: what keeps it from starting, what it tells of itself, and how it stops."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from uuid import UUID

import httpx
import pytest

from auth_service.secret_rules import is_guessable
from scripts.launcher.home import ROOT, free_port
from tests.support.market import write_market
from tests.support.platform import Platform, wait_until
from tests.support.running_api import API, PASSWORD, RunningApi, running_api

TRADE = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}


@pytest.fixture(scope="module")
def market_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def api(platform: Platform, market_settings: dict[str, str]) -> Iterator[RunningApi]:
    with running_api(platform.environment, **market_settings) as api:
        yield api


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """Try to start the service with these settings over good ones; it is expected to end by itself."""
    names = ("JWT_SECRET_KEY", "API_DB_PASSWORD", "READER_DB_PASSWORD", "INGESTION_DB_PASSWORD")
    good = {name: secrets.token_urlsafe(32) for name in names} | {"API_PORT": str(free_port())}
    return subprocess.run(
        API.argv(), env=os.environ | good | settings, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET_KEY", ""),
        ("JWT_SECRET_KEY", "dev"),
        ("JWT_SECRET_KEY", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bD0f"),  # 31 characters
        ("JWT_SECRET_KEY", "changeme-changeme-changeme-12345678"),
        ("API_DB_PASSWORD", ""),
        ("READER_DB_PASSWORD", ""),
        ("INGESTION_DB_PASSWORD", "postgres-password"),
        ("API_PORT", "eight thousand"),
        ("PRICE_SOURCE", "astrology"),
    ],
)
def test_a_setting_that_cannot_be_right_keeps_the_service_from_starting(name: str, value: str) -> None:
    done = start(**{name: value})

    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert f"does not start: {name} " in done.stderr
    assert not value or value not in done.stderr


@pytest.mark.parametrize(
    "secret",
    [
        "x" * 32,
        "a1b2" * 8,
        "dev" + "." * 40,
        "secret" + "0" * 40,
        "ChangeMe" * 5,
        "dev-secret-dev-secret-dev-secret-dev",
        "your-256-bit-secret-your-256-bit-secret",
        "jwt-secret-key-for-development-only-1234567890",
        "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz012345",
        "macrofolio-api-password",
        "super-secret-jwt-key-please-change",
        "my-very-own-secret-key-for-production",
        "correct horse battery staple",
        "qwertyuiopasdfghjklzxcvbnm123456",
        "changeme-" * 9,
    ],
)
def test_a_secret_that_others_would_try_is_none(secret: str) -> None:
    assert is_guessable(secret)


@pytest.mark.parametrize("make", [lambda: secrets.token_urlsafe(12), lambda: secrets.token_hex(16)])
def test_a_secret_made_by_chance_is_one(make: Callable[[], str]) -> None:
    assert not any(is_guessable(make()) for _ in range(200))


def test_a_taken_port_of_the_metrics_is_told_in_a_sentence(api: RunningApi) -> None:
    taken = api.metrics_url.rpartition(":")[2].removesuffix("/metrics")

    done = start(API_METRICS_PORT=taken)

    assert done.returncode != 0
    assert f"127.0.0.1:{taken} (Address already in use). Set API_METRICS_PORT to a free port" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_public_address_serves_no_metrics(api: RunningApi) -> None:
    assert httpx.get(f"{api.url}/metrics").status_code == 404
    assert httpx.get(api.metrics_url).status_code == 200


def test_requests_of_all_workers_are_counted_by_the_template_of_their_route(api: RunningApi) -> None:
    route = {"method": "GET", "route": "/api/v1/transactions/<uuid:transaction_id>", "status": "404"}
    strange = {"method": "OTHER", "route": "unknown", "status": "404"}
    before, unknown = api.metric("macrofolio_api_requests_total", **route), strange | {"method": "GET"}
    with api.client(api.join()) as client:
        for number in range(40):
            path = f"/api/v1/transactions/{UUID(int=number)}"
            assert httpx.get(api.url + path, headers=client.headers).status_code == 404  # a connection of its own
    httpx.get(f"{api.url}/wanted/1")
    httpx.get(f"{api.url}/wanted/2")
    httpx.request("BREW", f"{api.url}/wanted/3")

    assert api.metric("macrofolio_api_requests_total", **route) - before == 40
    assert api.metric("macrofolio_api_request_seconds_count", route=route["route"]) >= 40
    assert api.metric("macrofolio_api_requests_total", **unknown) >= 2
    assert api.metric("macrofolio_api_requests_total", **strange) == 1
    assert "wanted" not in httpx.get(api.metrics_url).text
    assert {line["process"] for line in api.log_lines() if line["message"] == "request"} == {
        worker.pid for worker in api.workers()
    }


def test_logins_ledger_and_database_have_metrics_of_their_own(api: RunningApi) -> None:
    login, wrong = api.join(), {"email": "ada@example.org", "password": "not the password"}
    names = ("login_failures_total", "throttled_logins_total", "ledger_writes_total", "requests_total")
    before = {name: api.metric(f"macrofolio_api_{name}") for name in names}
    statuses = [httpx.post(f"{api.url}/api/v1/auth/login", json=wrong).status_code for _ in range(8)]
    with api.client(login) as client:
        written = client.post("/api/v1/transactions", json=TRADE).json()["transaction_id"]
        client.put(f"/api/v1/transactions/{written}", json=TRADE | {"quantity": "2"})
        client.delete(f"/api/v1/transactions/{written}")
        client.post("/api/v1/transactions", json=TRADE | {"quantity": "0"})
    after = {name: api.metric(f"macrofolio_api_{name}") - before[name] for name in names}

    assert statuses[:5] == [401] * 5
    assert after == {
        "login_failures_total": statuses.count(401),
        "throttled_logins_total": statuses.count(429),
        "ledger_writes_total": 3,
        "requests_total": 13,
    }
    assert statuses.count(429) > 0
    assert api.metric("macrofolio_api_ledger_writes_total", action="revise") >= 1
    assert api.metric("macrofolio_api_database_connections_limit") == 40
    assert api.metric("macrofolio_api_database_connections") == 0
    assert api.metric("macrofolio_api_requests_in_flight") == 0
    assert api.metric("macrofolio_api_workers") == 2


def test_every_line_of_the_log_is_json_and_names_its_request_and_its_user(api: RunningApi) -> None:
    login = api.join()
    with api.client(login) as client:
        user_id = client.get("/api/v1/auth/me").json()["user_id"]
        reply = client.get("/api/v1/transactions?ticker=HUNTER2", headers={"X-Request-Id": "order-66_a"})
    nobodys = httpx.get(f"{api.url}/health/live", headers={"X-Request-Id": "6a0f6bd6-0000-4000-8000-000000000000"})
    lines = api.log_lines()
    (line,) = [line for line in lines if line.get("request_id") == "order-66_a"]

    assert reply.headers["X-Request-Id"] == "order-66_a"
    assert nobodys.headers["X-Request-Id"] == "6a0f6bd6-0000-4000-8000-000000000000"
    assert (line["path"], line["status"], line["user_id"]) == ("/api/v1/transactions", 200, user_id)
    assert line["milliseconds"] >= line["database_milliseconds"] > 0
    assert any(line["logger"] == "gunicorn.error" and "Listening at" in line["message"] for line in lines)
    text = api.log.read_text()
    for secret in (login["email"], PASSWORD, "HUNTER2", client.headers["Authorization"].split(".")[2]):
        assert secret not in text


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a.b.c", 'a"b', "tür"])
def test_a_request_id_that_could_be_anything_is_replaced(api: RunningApi, given: str) -> None:
    reply = httpx.get(f"{api.url}/health/live", headers=[(b"X-Request-Id", given.encode())])

    assert UUID(reply.headers["X-Request-Id"])


def test_a_malformed_request_is_logged_without_the_token_it_carried(api: RunningApi) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    with socket.create_connection(address_of(api)) as connection:
        connection.sendall(f"GET /?token={token} BAD\r\n\r\n".encode())
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")
    assert token not in api.log.read_text()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("GET /health/live BAD\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nNo colon\r\n\r\n", 400),
        (f"GET /{'x' * 9000} HTTP/1.1\r\n\r\n", 414),
        (f"GET /health/live HTTP/1.1\r\nX-Long: {'x' * 9000}\r\n\r\n", 431),
        ("POST /health/live HTTP/1.1\r\nTransfer-Encoding: wonders\r\n\r\n", 501),
        ("GET /health/live HTTP/1.1\r\nExpect: wonders\r\n\r\n", 417),
    ],
    ids=["line", "header", "long line", "long header", "coding", "expectation"],
)
def test_what_is_no_request_at_all_is_refused_in_the_one_shape(api: RunningApi, request_head: str, status: int) -> None:
    with socket.create_connection(address_of(api), timeout=10) as connection:
        connection.sendall(request_head.encode())
        reply = HTTPResponse(connection)
        reply.begin()
        refused = json.load(reply)

    assert (reply.status, reply.headers.get_content_type()) == (status, "application/json")
    assert set(refused) == {"error", "message", "fields"}
    assert "xxx" not in refused["message"]


def test_clients_that_say_nothing_hold_nobody_up(api: RunningApi) -> None:
    with ExitStack() as silent:
        for _ in range(200):
            silent.enter_context(socket.create_connection(address_of(api)))
        started = time.monotonic()
        assert [api.answers("/health/live") for _ in range(20)] == [True] * 20

        assert time.monotonic() - started < 10  # where they were let in, it took 23 s


def test_half_a_request_is_given_up(api: RunningApi) -> None:
    with socket.create_connection(address_of(api), timeout=12) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Half: ")

        assert connection.recv(4096) == b""


def address_of(api: RunningApi) -> tuple[str, int]:
    url = httpx.URL(api.url)
    return url.host, url.port or 0


def test_it_is_not_ready_before_the_database_has_the_schema_it_needs(api: RunningApi, platform: Platform) -> None:
    with platform.connect("macrofolio_owner", autocommit=True) as owner:
        (newest,) = owner.execute("select version_num from alembic_version").fetchone() or ("",)
        owner.execute("update alembic_version set version_num = '0001'")
        behind = httpx.get(f"{api.url}/health/ready")
        owner.execute("revoke select on alembic_version from macrofolio_api")
        unknown = httpx.get(f"{api.url}/health/ready")
        owner.execute("update alembic_version set version_num = %s", [newest])
        owner.execute("grant select on alembic_version to macrofolio_api")
    ahead = httpx.get(f"{api.url}/health/ready")

    assert (behind.status_code, unknown.status_code, ahead.status_code) == (503, 503, 200)
    assert behind.json()["message"].startswith(f"The database is at migration 0001 but this version needs {newest}.")
    assert "at migration none" in unknown.json()["message"]
    assert httpx.get(f"{api.url}/health/live").status_code == 200


def test_a_request_under_way_is_answered_before_the_service_stops(
    platform: Platform, market_settings: dict[str, str]
) -> None:
    with (
        running_api(platform.environment, **market_settings) as api,
        ThreadPoolExecutor() as threads,
        platform.connect("macrofolio_owner") as other,
    ):
        client = api.client(api.join())
        assert client.post("/api/v1/transactions", json=TRADE).status_code == 201  # the ticker is known from here on
        user_id = client.get("/api/v1/auth/me").json()["user_id"]
        other.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{user_id}:VTI"])
        under_way = threads.submit(client.post, "/api/v1/transactions", json=TRADE)
        wait_until(lambda: waits_for_a_lock(platform), "the request waits for the lock", seconds=10)
        api.process.send_signal(signal.SIGTERM)
        wait_until(lambda: len(api.workers()) == 1, "the worker without a request has ended", seconds=8)
        assert not under_way.done()
        other.rollback()

        assert under_way.result().status_code == 201
        assert api.process.wait(timeout=20) == 0
        written = other.execute("select count(*) from bronze.transactions where user_id = %s", [user_id])
        assert written.fetchone() == (2,)
        assert {line["level"] for line in api.log_lines()} == {"info"}


def waits_for_a_lock(platform: Platform) -> bool:
    with platform.connect("postgres") as administrator:
        found = administrator.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        return bool((found.fetchone() or (False,))[0])
