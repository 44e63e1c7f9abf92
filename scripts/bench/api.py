"""Measures what an API answer costs, compared with a bare WSGI application on the same server in the same run.

Two workers, sixteen keep-alive connections, all on this machine: the client uses its share of the processors in all
measurements. They take turns, and the median counts, so that a slow spell of the machine hits all of them.
"""

import multiprocessing
import secrets
import socket
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import httpx

from scripts.bench.models import warehouse
from scripts.bench.promises import Promise
from scripts.demo.warehouse import Warehouse
from scripts.launcher.services import Service
from scripts.launcher.serving import API, DASHBOARD, serving

USERS = 20
CLIENTS, CONNECTIONS_EACH = 2, 8
ROUNDS, ROUND_SECONDS = 5, 3.0
LOGIN_SECONDS = 8.0
LOGINS_AT_ONCE = 16
# As many days as there are sessions in ten years; the series itself has every day.
SESSIONS = 2520
# Each of these makes a different answer: more of them per connection than a worker caches in all.
APART = [timedelta(days=number) for number in range(1600)]
PASSWORD = secrets.token_urlsafe(16)
HELLO = Service("hello", (*API.command[:-1], "scripts.bench.api:hello"), API.secrets, port=DASHBOARD.port, health="/")

# The ledger of another user, for the one who is signed in by the benchmark.
LEDGER = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, fees, currency, trade_date)
select gen_random_uuid(), 1, %s, ticker, side, quantity, price, fees, currency, trade_date
from bronze.transactions where user_id = md5('user 1')::uuid
"""


def hello(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The smallest possible WSGI application."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


@dataclass(frozen=True)
class Load:
    """A server's results under load: answers a second, 99th percentile in seconds, unwanted answers."""

    rate: float
    p99: float
    errors: int


def rows() -> list[Promise]:
    """Rates of the routes that people wait for, compared with the bare application."""
    with warehouse(USERS) as everyone:
        home, port = everyone.home, everyone.home.ports[HELLO.port]
        address, bare_address = (home.url(service.port).removeprefix("http://") for service in (API, HELLO))
        with (
            serving(HELLO, home, home.folder, API_PORT=str(port)),
            serving(API, home, home.folder),
            httpx.Client(base_url=f"http://{address}/api/v1") as client,
        ):
            token = _investor(client, everyone)
            told = client.get("/portfolio/timeseries", headers={"Authorization": f"Bearer {token}"})
            version, last = told.headers["ETag"], date.fromisoformat(told.json()["date"][-1])
            since = last - timedelta(days=SESSIONS - 1)
            measured = _in_turns(
                {
                    "Bare": (bare_address, [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"], 200),
                    "Page": (address, [_get("/transactions?limit=50", token)], 200),
                    "Series": (address, [_get("/portfolio/timeseries", token)], 200),
                    "Series not cached": (
                        address,
                        [_untold(date(1900, 1, 1), last + days, token) for days in APART],
                        200,
                    ),
                    "2,520 days not cached": (address, [_untold(since, last + days, token) for days in APART], 200),
                    "Series not changed": (address, [_get("/portfolio/timeseries", token, version)], 304),
                }
            )
            logins, slowest_health = _logins(client)
    bare, page, series, anew, sessions, _ = measured.values()
    for name, found in measured.items():
        print(f"{name}: {found.rate:.0f}/s, p99 {found.p99 * 1000:.0f} ms, {found.errors} errors")
    return [
        Promise("A bare answer, against a protected page of 50 transactions", bare.rate, page.rate, 1 / 0.12, "/s"),
        Promise("A bare answer, against ten years of daily series", bare.rate, series.rate, 1 / 0.04, "/s"),
        Promise("The 99th percentile of ten years of daily series", series.p99, 1, limit=0.1),
        Promise("A bare answer, against ten years that no worker has cached", bare.rate, anew.rate, 1 / 0.04, "/s"),
        Promise("The 99th percentile of the uncached series", anew.p99, 1, limit=0.1),
        Promise(
            "A bare answer, against 2,520 days that no worker has cached", bare.rate, sessions.rate, 1 / 0.04, "/s"
        ),
        Promise("The 99th percentile of 2,520 uncached days", sessions.p99, 1, limit=0.1),
        Promise("Unwanted answers", sum(found.errors for found in measured.values()), 1, limit=0, unit="answers"),
        Promise("20 logins a second, against the measured rate", 20, logins, 1, "/s"),
        Promise("The slowest health check meanwhile", slowest_health, 1, limit=1),
    ]


def _in_turns(loads: dict[str, tuple[str, list[bytes], int]]) -> dict[str, Load]:
    """Run each load for a short while, then all of them again; the median of each, with all of its unwanted answers."""
    rounds = [
        [load(address, _from(number, requests), wanted) for address, requests, wanted in loads.values()]
        for number in range(ROUNDS)
    ]
    return {
        name: Load(
            statistics.median(found.rate for found in of_one),
            statistics.median(found.p99 for found in of_one),
            sum(found.errors for found in of_one),
        )
        for name, of_one in zip(loads, zip(*rounds, strict=True), strict=True)
    }


def _from(number: int, requests: list[bytes]) -> list[bytes]:
    """The requests in order, starting elsewhere in each round: the last round's first answers may still be cached."""
    begin = number * len(requests) // ROUNDS
    return requests[begin:] + requests[:begin]


def load(address: str, requests: list[bytes], wanted: int) -> Load:
    """Send the requests repeatedly over every connection for a while; the first second doesn't count."""
    with multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
        found = pool.starmap(_client, [(address, requests, wanted, number) for number in range(CLIENTS)])
    seconds = [duration for durations, _ in found for duration in durations]
    errors = sum(unwanted for _, unwanted in found)
    return Load(len(seconds) / ROUND_SECONDS, statistics.quantiles(seconds, n=100)[-1], errors)


def _client(address: str, requests: list[bytes], wanted: int, client: int) -> tuple[list[float], int]:
    own = range(client, CLIENTS * CONNECTIONS_EACH, CLIENTS)  # connections never share a request, where requests differ
    with ThreadPoolExecutor(CONNECTIONS_EACH) as threads:
        found = list(threads.map(lambda number: _connection(address, requests, number, wanted), own))
    return [seconds for durations, _ in found for seconds in durations], sum(errors for _, errors in found)


def _connection(address: str, requests: list[bytes], number: int, wanted: int) -> tuple[list[float], int]:
    host, port = address.split(":")
    durations, errors = [], 0
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as stream:
        turn = cycle(requests[number :: CLIENTS * CONNECTIONS_EACH] or requests)
        begin = time.perf_counter() + 1
        while (asked := time.perf_counter()) < begin + ROUND_SECONDS:
            connection.sendall(next(turn))
            status = _read_answer(stream)
            if asked >= begin:
                durations.append(time.perf_counter() - asked)
                errors += status != wanted
    return durations, errors


def _read_answer(stream: Any) -> int:
    status, length = int(stream.readline().split()[1]), 0
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    stream.read(length)
    return status


def _get(path: str, token: str, version: str = "") -> bytes:
    condition = f"If-None-Match: {version}\r\n" if version else ""
    return f"GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{condition}\r\n".encode()


def _untold(first: date, last: date, token: str) -> bytes:
    return _get(f"/portfolio/timeseries?from={first}&to={last}", token)


def _investor(client: httpx.Client, everyone: Warehouse) -> str:
    """The access token of a user with 200 trades over ten years, whose marts are built."""
    login = {"email": "bench@example.org", "password": PASSWORD}
    user_id = client.post("/auth/register", json=login).raise_for_status().json()["user_id"]
    everyone.administrator.execute(LEDGER, [user_id])
    everyone.run_models()
    answer: dict[str, str] = client.post("/auth/login", json=login).raise_for_status().json()
    return answer["access_token"]


def _logins(client: httpx.Client) -> tuple[float, float]:
    """Logins a second, and the slowest answer of /health/live meanwhile."""
    root = client.base_url.copy_with(path="/")
    # All different users: one account allows only a few attempts at a time.
    logins = [{"email": f"bench-{number}@example.org", "password": PASSWORD} for number in range(LOGINS_AT_ONCE)]
    for login in logins:
        client.post("/auth/register", json=login).raise_for_status()
    end = time.monotonic() + LOGIN_SECONDS

    def sign_in(login: dict[str, str]) -> int:
        done = 0
        with httpx.Client(base_url=client.base_url, timeout=30) as own:
            while time.monotonic() < end:
                own.post("/auth/login", json=login).raise_for_status()
                done += 1
        return done

    def watch() -> float:
        slowest = 0.0
        with httpx.Client(base_url=root, timeout=30) as own:
            while time.monotonic() < end:
                slowest = max(slowest, own.get("/health/live").raise_for_status().elapsed.total_seconds())
        return slowest

    with ThreadPoolExecutor(LOGINS_AT_ONCE + 1) as threads:
        health = threads.submit(watch)
        done = sum(threads.map(sign_in, logins))
        return done / LOGIN_SECONDS, health.result()


if __name__ == "__main__":
    for row in rows():
        print(row)
