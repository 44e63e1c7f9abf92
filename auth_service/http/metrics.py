"""Metrics for Prometheus. Labels have few values: a route's template, never the requested path.

Each process counts for itself, in files that metrics_listener.py reads.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from apiflask import APIFlask
from flask import Response, g, request
from prometheus_client import Counter, Gauge, Histogram

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
UNKNOWN_ROUTE = "unknown"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 90)
LEDGER_WRITES = {
    "transactions.record_transaction": "record",
    "transactions.revise_transaction": "revise",
    "transactions.rename_ticker": "rename",
    "transactions.delete_transaction": "delete",
    "transfer.import_transactions": "import",
}

_requests = Counter("macrofolio_api_requests", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram("macrofolio_api_request_seconds", "Time until the answer.", ["method", "route"], buckets=SECONDS)
_in_flight = Gauge("macrofolio_api_requests_in_flight", "Requests in progress.", multiprocess_mode="livesum")
_workers = Gauge("macrofolio_api_workers", "Worker processes.", multiprocess_mode="livesum")

_connections = Gauge("macrofolio_api_database_connections", "Connections in use.", multiprocess_mode="livesum")
_limit = Gauge("macrofolio_api_database_connections_limit", "Maximum connections.", multiprocess_mode="livesum")
_waiting = Gauge("macrofolio_api_database_waiting", "Requests waiting for a connection.", multiprocess_mode="livesum")
_failures = Counter("macrofolio_api_database_failures", "Database failures by reason.", ["reason"])

_login_failures = Counter("macrofolio_api_login_failures", "Logins refused for a wrong address or password.")
_throttled_logins = Counter("macrofolio_api_throttled_logins", "Logins refused after too many failures.")
_ledger_writes = Counter("macrofolio_api_ledger_writes", "Acknowledged changes to the ledger.", ["action"])


def measure(app: APIFlask, connections: int) -> None:
    """Measure every request of `app`, which may use this many database connections."""
    _workers.set(1)
    _limit.set(connections)
    app.before_request(_begin)
    app.after_request(_count)
    app.teardown_request(_end)


@contextmanager
def waiting_for_connection() -> Iterator[None]:
    """Count one waiting request for the length of the block."""
    with _waiting.track_inprogress():
        yield


@contextmanager
def connection_in_use() -> Iterator[None]:
    """Count one connection as in use for the length of the block."""
    with _connections.track_inprogress():
        yield


def count_database_failure(reason: str) -> None:
    """Count one request answered 503 because of the database."""
    _failures.labels(reason).inc()


def _begin() -> None:
    g.measured_since = time.perf_counter()
    _in_flight.inc()


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else "OTHER"
    route = request.url_rule.rule if request.url_rule else UNKNOWN_ROUTE
    _requests.labels(method, route, response.status_code).inc()
    _seconds.labels(method, route).observe(time.perf_counter() - g.measured_since)
    _count_logins(response.status_code)
    action = LEDGER_WRITES.get(request.endpoint or "")
    if action and response.status_code < HTTPStatus.BAD_REQUEST and request.args.get("dry_run") != "true":
        _ledger_writes.labels(action).inc()
    return response


def _count_logins(status: int) -> None:
    if request.endpoint == "auth.login":
        if status == HTTPStatus.UNAUTHORIZED:
            _login_failures.inc()
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            _throttled_logins.inc()


def _end(_: BaseException | None) -> None:
    if "measured_since" in g:
        _in_flight.dec()
