"""Faults of the running service: what it has acknowledged is there exactly once, and it recovers by itself.

Two workers over a PostgreSQL of this module's own, with fsync as in production (SECURITY.md, faults 1 to 4 and 20).
"""

import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.market import write_market
from tests.support.platform import wait_until
from tests.support.running_api import Cluster, RunningApi, own_cluster, running_api

LIMITS = {"API_STATEMENT_SECONDS": "3", "API_LOCK_SECONDS": "1"}
DISK_MEGABYTES = 192
SMALL_LOG = ("min_wal_size=32MB", "max_wal_size=64MB")
SLOW_VIEWS = """
create view "default".int_published_portfolios as select * from public.portfolio_settings;
create view "default".gold_p_timeseries as
select user_id, current_date as as_of_date, now() as built_at from public.portfolio_settings;
create view "default".gold_ticker_kpis as
select user_id, 0 as market_value, pg_sleep(60)::text as ticker from public.portfolio_settings;
create view "default".dim_assets as
select '' as ticker, '' as asset_class, '' as sector, '' as industry, '' as country, '' as exchange;
grant select on all tables in schema "default" to macrofolio_reader;
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    market = write_market(tmp_path_factory.mktemp("market"))
    with running_api(cluster.platform.environment, **market, **LIMITS) as api:
        yield api


class Trader:
    """Somebody who records trades one after the other, each until it is acknowledged, and remembers the answers."""

    def __init__(self, api: RunningApi) -> None:
        self.client = api.client(api.join())
        self.acknowledged: list[str] = []
        self.refusals: set[int] = set()

    def record(self, trades: int) -> None:
        for _ in range(trades):
            key = str(uuid4())
            wait_until(lambda key=key: self.attempt(key), "the trade is acknowledged", seconds=30)  # type: ignore[misc]

    def attempt(self, key: str, note: str = "") -> bool:
        """Send a trade once; True when it was acknowledged."""
        body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}
        try:
            reply = self.client.post(
                "/api/v1/transactions", json=body | {"note": note}, headers={"Idempotency-Key": key}
            )
        except httpx.TransportError:
            return False
        if reply.status_code != 201:
            assert set(reply.json()) == {"error", "message", "fields"}
            self.refusals.add(reply.status_code)
            return False
        self.acknowledged.append(reply.json()["transaction_id"])
        return True

    def ledger(self) -> list[str]:
        reply = self.client.get("/api/v1/transactions?limit=500").raise_for_status()
        return [item["transaction_id"] for item in reply.json()["items"]]


@contextmanager
def trading(api: RunningApi, trades: int) -> Iterator[list[Trader]]:
    """Two people record so many trades each, at once; the block begins in the middle and ends when they are done."""
    traders = [Trader(api), Trader(api)]
    with ThreadPoolExecutor() as threads:
        done: list[Future[None]] = [threads.submit(trader.record, trades) for trader in traders]
        wait_until(lambda: all(len(trader.acknowledged) > trades // 4 for trader in traders), "they trade", seconds=30)
        yield traders
        for future in done:
            future.result()


def assert_each_is_there_once(traders: list[Trader], trades: int) -> None:
    for trader in traders:
        assert len(trader.acknowledged) == trades
        assert sorted(trader.ledger()) == sorted(trader.acknowledged)
        assert trader.refusals <= {503}


def test_what_was_acknowledged_outlives_a_killed_postgresql(api: RunningApi, cluster: Cluster) -> None:
    with trading(api, 60) as traders:
        cluster.kill()
        wait_until(lambda: all(trader.refusals for trader in traders), "both were told so", seconds=30)
        down = httpx.get(f"{api.url}/health/ready", timeout=10)
        assert (down.status_code, down.headers["Retry-After"]) == (503, "2")
        assert api.answers("/health/live")
        cluster.start()

    assert_each_is_there_once(traders, 60)
    assert traders[0].refusals == {503}
    assert api.metric("macrofolio_api_database_failures_total") > 0


def test_what_was_acknowledged_outlives_a_killed_worker(api: RunningApi) -> None:
    before = api.metric("macrofolio_api_ledger_writes_total")
    with trading(api, 60) as traders:
        killed = api.workers()[0]
        killed.kill()
        wait_until(lambda: killed not in api.workers() and len(api.workers()) == 2, "there are two again", seconds=20)

    assert_each_is_there_once(traders, 60)
    wait_until(lambda: api.metric("macrofolio_api_workers") == 2, "both workers count", seconds=20)
    assert api.metric("macrofolio_api_requests_in_flight") == 0
    assert api.metric("macrofolio_api_ledger_writes_total") - before >= 60  # what the dead worker counted still counts


def test_a_restart_of_postgresql_costs_at_most_one_call(api: RunningApi, cluster: Cluster) -> None:
    login = api.join()
    with api.client(login) as client, ThreadPoolExecutor(80) as threads:

        def status(_: int) -> int:
            return httpx.get(f"{api.url}/api/v1/transactions", headers=client.headers, timeout=30).status_code

        with cluster.platform.connect("macrofolio_owner") as owner:
            owner.execute("lock table bronze.transactions in access exclusive mode")
            held = [threads.submit(status, number) for number in range(80)]
            wait_until(lambda: pooled_connections(cluster) == 20, "the pools of both workers are full", seconds=10)
        assert {future.result() for future in held} <= {200, 503}
        cluster.stop()
        cluster.start()
        statuses = [*map(status, range(10)), *threads.map(status, range(20))]

    assert len(statuses) - statuses.count(200) <= 1, statuses


@contextmanager
def slow_figures(cluster: Cluster) -> Iterator[None]:
    """Within the block no query of the tickers' figures ever ends by itself."""
    with cluster.platform.connect("macrofolio_dbt", autocommit=True) as dbt:
        dbt.execute(SLOW_VIEWS)
        try:
            yield
        finally:
            dbt.execute(
                'drop view "default".gold_ticker_kpis, "default".gold_p_timeseries, "default".int_published_portfolios'
            )
            dbt.execute('drop view "default".dim_assets')


def test_a_query_that_takes_too_long_is_broken_off_and_told(api: RunningApi, cluster: Cluster) -> None:
    with api.client(api.join()) as client:
        with slow_figures(cluster):
            reply = client.get("/api/v1/portfolio/tickers", timeout=6)

        assert reply.status_code == 503, reply.text
        assert reply.json()["error"] == "unavailable"
        assert "took too long" in reply.json()["message"]
        assert client.get("/api/v1/portfolio/tickers").status_code == 200
        assert api.metric("macrofolio_api_database_failures_total", reason="too_slow") == 1
        (line,) = [
            line
            for line in api.log_lines()
            if line.get("request_id") == reply.headers["X-Request-Id"] and "milliseconds" in line
        ]
        assert (line["message"], line["level"], line["status"]) == ("slow request", "warning", 503)
        assert 3000 <= line["database_milliseconds"] <= line["milliseconds"] < 6000


def test_figures_that_take_long_leave_connections_to_those_who_trade(api: RunningApi, cluster: Cluster) -> None:
    trader, login = Trader(api), api.join()
    with api.client(login) as client, slow_figures(cluster), ThreadPoolExecutor(24) as threads:

        def ask(_: int) -> httpx.Response:
            return httpx.get(f"{api.url}/api/v1/portfolio/tickers", headers=client.headers, timeout=30)

        asked = [threads.submit(ask, number) for number in range(24)]
        wait_until(lambda: api.metric("macrofolio_api_database_waiting") >= 6, "most of them wait", seconds=10)
        assert api.metric("macrofolio_api_database_connections") <= 6  # three of each worker
        assert trader.attempt("k")
        assert trader.ledger() == trader.acknowledged
        replies = [future.result() for future in asked]

    assert {reply.status_code for reply in replies} == {503}
    assert {reply.headers["Retry-After"] for reply in replies} == {"2"}
    given_up = ["busy for 4 seconds" in reply.json()["message"] for reply in replies]
    assert api.metric("macrofolio_api_database_failures_total", reason="busy") == sum(given_up) > 0


def test_a_row_that_stays_locked_is_waited_for_only_so_long(api: RunningApi, cluster: Cluster) -> None:
    trader = Trader(api)
    with cluster.platform.connect("macrofolio_owner") as owner:
        owner.execute("lock table bronze.transactions in access exclusive mode")
        reply = trader.client.get("/api/v1/transactions", timeout=4)
        assert reply.status_code == 503
        assert "locked this data" in reply.json()["message"]
        assert not trader.attempt("k")
        owner.rollback()

    assert trader.attempt("k")
    assert trader.ledger() == trader.acknowledged


@pytest.fixture
def small_disk(cluster: Cluster) -> Iterator[Path]:
    """The cluster's data on a file system of its own, which a file fills up to the last byte."""
    data, aside = cluster.server.data, cluster.server.data.with_name("aside")
    cluster.stop()
    data.rename(aside)
    data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(data)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        if mounted.returncode != 0:
            pytest.skip(
                f"A full disk needs a file system of its own, and mounting one is not allowed: {mounted.stderr}"
            )
        subprocess.run(["cp", "-a", f"{aside}/.", str(data)], check=True)  # noqa: S607
        cluster.start(*SMALL_LOG)
        yield data
        cluster.stop()
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(data)], check=True)  # noqa: S607
        data.rmdir()
        aside.rename(data)
        cluster.start()


def test_a_full_disk_refuses_writes_and_loses_nothing(api: RunningApi, small_disk: Path) -> None:
    trader, keys, ballast = Trader(api), list[str](), small_disk / "ballast"

    def found_no_room(times: int) -> bool:
        # A refusal for another reason, such as a connection that PostgreSQL's restart cost, is none of these.
        keys.append(str(uuid4()))
        trader.attempt(keys[-1], note="x" * 1000)
        return api.metric("macrofolio_api_database_failures_total", reason="disk_full") == times

    trader.record(5)
    with pytest.raises(OSError, match="No space left"):
        fill_up(ballast)
    wait_until(lambda: found_no_room(1), "a write finds no room", seconds=30)
    wait_until(lambda: found_no_room(2), "another finds none", seconds=30)
    assert trader.ledger() == trader.acknowledged[::-1]
    ballast.unlink()

    assert trader.attempt(keys[0], note="x" * 1000)  # acknowledged before, and so again
    assert trader.attempt(keys[-1], note="x" * 1000)
    assert trader.ledger() == list(dict.fromkeys(trader.acknowledged))[::-1]
    assert trader.refusals == {503}
    assert api.metric("macrofolio_api_database_failures_total", reason="disk_full") == 2


def test_a_postgresql_that_a_full_disk_ended_comes_back_with_everything(
    api: RunningApi, cluster: Cluster, small_disk: Path
) -> None:
    trader, ballast = Trader(api), small_disk / "ballast"
    trader.record(5)
    with pytest.raises(OSError, match="No space left"):
        fill_up(ballast)
    with pytest.raises(psycopg.OperationalError):
        use_up_the_log(cluster)
    try:
        cluster.wait_for_its_end()
    except subprocess.TimeoutExpired:  # where the last file of the log has room for its recovery, it comes back
        cluster.kill()
    assert not trader.attempt("k")
    ballast.unlink()
    cluster.start(*SMALL_LOG)  # who supervises PostgreSQL starts it again

    assert trader.attempt("k")
    assert trader.ledger() == trader.acknowledged[::-1]
    assert trader.refusals == {503}


def use_up_the_log(cluster: Cluster) -> None:
    with cluster.platform.connect("postgres", autocommit=True) as administrator:
        while True:
            administrator.execute("select pg_switch_wal(), txid_current()")


def fill_up(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def pooled_connections(cluster: Cluster) -> int:
    with cluster.platform.connect("postgres") as administrator:
        found = administrator.execute("select count(*) from pg_stat_activity where usename = 'macrofolio_api'")
        return int((found.fetchone() or (0,))[0])
