"""Beyond one machine: the same DAGs under CeleryExecutor, with a Redis and two workers."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.launcher.home import ROOT, free_port
from scripts.launcher.services import SERVICES
from scripts.launcher.supervision import Supervisor
from tests.stack.conftest import Stack
from tests.support.platform import wait_until

PATIENCE_SECONDS = 300  # of a machine that has other things to do
DAGS = ("daily_market_data_ingestion", "monthly_fred_macro_refresh", "transaction_sensor")
BY_HAND = {
    "daily_market_data_ingestion": {"tickers": ["IBM"], "from_date": "2012-01-03"},
    "monthly_fred_macro_refresh": {"series": ["CPILFESL"], "from_date": "2012-01-03"},
}
WORKERS = ("one", "two")


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def workers_that_say(logs: Path, words: str) -> tuple[str, ...]:
    return tuple(name for name in WORKERS if words in (logs / f"{name}.log").read_text())


@pytest.fixture
def celery(stack: Stack, tmp_path: Path) -> Iterator[Path]:
    """The stack's scheduler hands its tasks to two workers, by way of a Redis; folder of the workers' logs."""
    redis = shutil.which("redis-server")
    assert redis, "The test of Celery needs Redis: install your system's redis-server package."
    port = free_port()
    scheduler = next(service for service in SERVICES if service.name == "airflow-scheduler")
    environment = scheduler.environment(stack.home, stack.home.remembered("sources.json"))
    environment |= {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": "db+" + environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"],
    }
    queue = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    supervisor = Supervisor(stack.home)
    supervisor._call("stopProcess", scheduler.name)
    try:
        with ExitStack() as processes:
            processes.enter_context(running(queue, {}, tmp_path / "redis.log"))
            processes.enter_context(running(scheduler.argv(), environment, tmp_path / "scheduler.log"))
            for name in WORKERS:
                command = [scheduler.argv()[0], "celery", "worker", "--skip-serve-logs", "--concurrency", "2"]
                command += ["--celery-hostname", f"{name}@localhost"]
                processes.enter_context(running(command, environment, tmp_path / f"{name}.log"))
            wait_until(
                lambda: workers_that_say(tmp_path, " ready.") == WORKERS, "both workers are ready", PATIENCE_SECONDS
            )
            yield tmp_path
    finally:
        supervisor._call("startProcess", scheduler.name)


def test_all_three_dags_run_on_two_celery_workers(stack: Stack, investor: dict[str, str], celery: Path) -> None:
    started = datetime.now(UTC).isoformat()
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "200.00", "trade_date": "2013-02-28"}
    with stack.airflow() as airflow, stack.api(investor) as api:
        for dag_id, conf in BY_HAND.items():
            body = {"logical_date": None, "conf": conf}
            airflow.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body).raise_for_status()
        api.post("/transactions", json=trade).raise_for_status()

        def states(dag_id: str) -> list[str]:
            runs = airflow.client.get(f"/api/v2/dags/{dag_id}/dagRuns", params={"run_after_gte": started})
            return [run["state"] for run in runs.raise_for_status().json()["dag_runs"]]

        wait_until(
            lambda: all("success" in states(dag_id) for dag_id in DAGS),
            "all three DAGs have succeeded",
            PATIENCE_SECONDS,
        )
        assert api.get("/portfolio/status").json()["up_to_date"] is True

    assert workers_that_say(celery, "succeeded in") == WORKERS
    with stack.platform.connect("postgres") as database:
        query = "select kind, subject from bronze.ingestion_runs where started_at >= %s"
        assert {*database.execute(query, [started])} == {("prices", "IBM"), ("macro", "CPILFESL")}
