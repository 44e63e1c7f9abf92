"""A backup restored into an empty cluster: everything is there, and the services go on with it (faults, row 21).

The database lived first: somebody registered, traded and made a token over HTTP, and dbt built every model.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.backup.command import Snapshot, back_up, restore, snapshot
from tests.conftest import ROOT
from tests.dbt.command import run_dbt
from tests.support.market import write_market
from tests.support.platform import Platform
from tests.support.running_api import RunningApi, empty_cluster, running_api

TRADE = {"ticker": "VTI", "side": "BUY", "quantity": "2.5", "price": "100", "trade_date": "2024-01-02"}
FIGURES = ("timeseries", "performance", "tickers", "holdings?date=2024-01-05", "windows")
ROWS_OF_USERS = ("bronze.transactions", "public.sessions", "public.portfolio_settings", "public.personal_tokens")
MACRO = """
insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
select 'UNRATE', day::date, 4 + extract(month from day) / 10, day::date + 35, 'publication_lag', 'test'
from generate_series(date '2020-01-01', date '2023-12-01', interval '1 month') as days (day)
"""


@dataclass(frozen=True)
class Life:
    """Somebody's login and personal token, and what the API told them before the backup."""

    login: dict[str, str]
    token: str
    told: dict[str, Any]


@dataclass(frozen=True)
class Drill:
    """The restored database, what was in the one that was backed up, and what is in this one."""

    platform: Platform
    before: Snapshot
    after: Snapshot


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def life(platform: Platform, market: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Life:
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(MACRO)
    with running_api(platform.environment | market) as api:
        login = api.join()
        with api.client(login) as client:
            for trade in (TRADE, TRADE | {"ticker": "SPLT"}, TRADE | {"side": "SELL", "trade_date": "2024-01-05"}):
                client.post("/api/v1/transactions", json=trade | {"note": "as planned"}).raise_for_status()
            wanted = {"name": "script", "scope": "write", "current_password": login["password"]}
            made = client.post("/api/v1/auth/tokens", json=wanted).raise_for_status()
            run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "test", "unit_test")
            return Life(login, made.json()["token"], told(client))


@pytest.fixture(scope="module")
def drill(platform: Platform, life: Life, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    before = snapshot(platform)
    backup = back_up(platform, tmp_path_factory.mktemp("backups"))
    with empty_cluster() as cluster:
        restore(cluster.platform, backup)
        yield Drill(cluster.platform, before, snapshot(cluster.platform))


@pytest.fixture(scope="module")
def api(drill: Drill, market: dict[str, str]) -> Iterator[RunningApi]:
    """The API on the restored database, with another key for its tokens."""
    with running_api(drill.platform.environment | market) as api:
        yield api


def told(client: httpx.Client) -> dict[str, Any]:
    """The ledger and the figures."""
    paths = ("transactions", *(f"portfolio/{figures}" for figures in FIGURES))
    return {path: client.get(f"/api/v1/{path}").raise_for_status().json() for path in paths}


def test_every_table_has_the_same_rows(drill: Drill) -> None:
    filled = {table for table, (rows, _) in drill.before.rows.items() if rows}
    assert {*ROWS_OF_USERS, "bronze.raw_prices", "bronze.raw_fred", '"default".gold_p_timeseries'} <= filled
    assert '"default".fct_macro_regimes' in filled

    assert drill.after.rows == drill.before.rows
    assert drill.after.sequences == drill.before.sequences


def test_roles_owners_grants_and_row_security_are_the_same(drill: Drill) -> None:
    assert drill.after.roles == drill.before.roles
    assert drill.after.schema == drill.before.schema
    for table in ROWS_OF_USERS:
        assert f"ALTER TABLE ONLY {table} FORCE ROW LEVEL SECURITY" in drill.after.schema


@pytest.mark.parametrize("table", [*ROWS_OF_USERS, '"default".gold_p_timeseries'])
def test_nobody_sees_a_row_without_being_named(drill: Drill, table: str) -> None:
    assert drill.after.rows[table][0] > 0
    role = "macrofolio_reader" if table.startswith('"default"') else "macrofolio_api"
    with drill.platform.connect(role) as connection:
        assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)


def test_the_migrations_find_nothing_to_do(drill: Drill) -> None:
    before = snapshot(drill.platform)

    environment = os.environ | drill.platform.environment
    subprocess.run([sys.executable, "-m", "migrations"], env=environment, cwd=ROOT, check=True)

    assert snapshot(drill.platform) == before


def test_people_sign_in_with_their_old_password_and_find_what_they_had(api: RunningApi, life: Life) -> None:
    with api.client(life.login) as client:
        assert told(client) == life.told
    assert len(life.told["transactions"]["items"]) == 3
    assert life.told["portfolio/performance"]["market_value"] > 0


def test_a_personal_token_still_counts(api: RunningApi, life: Life) -> None:
    with api.client() as client:
        reply = client.get("/api/v1/transactions", headers={"Authorization": f"Bearer {life.token}"})

    assert reply.raise_for_status().json() == life.told["transactions"]


def test_a_new_trade_reaches_the_figures(drill: Drill, api: RunningApi, life: Life, tmp_path: Path) -> None:
    with api.client(life.login) as client:
        client.post("/api/v1/transactions", json=TRADE | {"quantity": "10"}).raise_for_status()
        run_dbt(drill.platform, tmp_path, "run")
        now = client.get("/api/v1/portfolio/performance").raise_for_status().json()

    # 10 more, at the last close of 102
    assert now["market_value"] == pytest.approx(life.told["portfolio/performance"]["market_value"] + 1020)
