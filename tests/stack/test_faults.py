"""Whatever is killed while a trade travels: the trade arrives, and the marts are those of a clean full rebuild."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from scripts.launcher.supervision import Supervisor
from tests.dbt.command import run_dbt
from tests.dbt.contents import TABLES, contents, differences
from tests.stack.conftest import Stack
from tests.support.platform import Platform, kill_all, wait_until

RECOVERY_SECONDS = 120
TRADE = {"ticker": "IBM", "side": "BUY", "quantity": "1.5", "price": "200.00", "trade_date": "2013-02-28"}

BLOCK = """
create function public.refuse() returns trigger language plpgsql as $$
begin raise exception 'refused by the test'; end $$;
create trigger refuse before insert on "default".gold_p_timeseries execute function public.refuse();
"""
UNBLOCK = "drop function public.refuse() cascade"


def kill_service(name: str) -> Callable[[Stack], None]:
    def kill(stack: Stack) -> None:
        os.kill(Supervisor(stack.home)._call("getProcessInfo", name)["pid"], signal.SIGKILL)

    return kill


def running_tasks(stack: Stack) -> list[psutil.Process]:
    """The executor's processes that watch over a task now; each has the task's own process as a child."""
    scheduler = psutil.Process(Supervisor(stack.home)._call("getProcessInfo", "airflow-scheduler")["pid"])
    return [process for process in scheduler.children() if process.children()]


def kill_task(stack: Stack) -> None:
    for process in running_tasks(stack):
        kill_all(process.children(recursive=True))


def kill_task_and_its_watcher(stack: Stack) -> None:
    for process in running_tasks(stack):
        kill_all([process, *process.children(recursive=True)])


@contextmanager
def model_held_up(stack: Stack, model: str) -> Iterator[None]:
    """Whoever builds the model waits until this ends."""
    connection = stack.platform.connect("macrofolio_dbt")
    connection.execute("select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext(%s))", [model])
    try:
        yield
    finally:
        connection.close()


def somebody_waits(stack: Stack) -> bool:
    query = """
        select count(*) from pg_locks
        where locktype = 'advisory' and not granted
            and classid = (hashtext('macrofolio model')::bigint & 4294967295)::oid
    """
    with stack.platform.connect("postgres") as connection:
        return bool(connection.execute(query).fetchall()[0][0])


def status(api: httpx.Client) -> dict[str, object]:
    """The portfolio's status, {} while the service can't say it."""
    reply = api.get("/portfolio/status")
    answer: dict[str, object] = reply.json() if reply.is_success else {}
    return answer


def record(api: httpx.Client, key: str, quantity: str) -> None:
    """Record the trade once, however often it has to be tried."""
    body = TRADE | {"quantity": quantity}
    wait_until(
        lambda: api.post("/transactions", json=body, headers={"Idempotency-Key": key}).is_success,
        "the API takes the trade",
        RECOVERY_SECONDS,
    )


def nothing_pending(stack: Stack) -> bool:
    with stack.platform.connect("postgres") as connection:
        return connection.execute("select from bronze.pending_changes limit 1").fetchone() is None


def check_against_full_rebuild(stack: Stack, folder: Path) -> None:
    wait_until(lambda: nothing_pending(stack), "the models have taken in every change", RECOVERY_SECONDS)
    before = contents(stack.platform)
    run_dbt(stack.platform, folder, "run", "--full-refresh", "--select", *TABLES)
    assert differences(before, contents(stack.platform)) == []


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_service("airflow-scheduler"), id="scheduler"),
        pytest.param(kill_service("airflow-triggerer"), id="triggerer"),
        pytest.param(kill_service("airflow-dag-processor"), id="dag processor"),
        pytest.param(kill_service("airflow-api-server"), id="airflow api server"),
        pytest.param(kill_service("postgres"), id="postgresql"),
        pytest.param(kill_task, id="task"),
        pytest.param(kill_task_and_its_watcher, id="task and its watcher"),
    ],
)
def test_trades_survive_what_is_killed_in_the_middle_of_their_run(
    stack: Stack, investor: dict[str, str], tmp_path: Path, kill: Callable[[Stack], None]
) -> None:
    with stack.api(investor) as api:
        with model_held_up(stack, "int_position_intervals"):
            record(api, "before", "1.5")
            wait_until(lambda: somebody_waits(stack), "the run has come to int_position_intervals", RECOVERY_SECONDS)
            kill(stack)
            record(api, "after", "2")
        wait_until(lambda: status(api).get("up_to_date") is True, "the marts hold both trades", RECOVERY_SECONDS)
        (position,) = api.get("/portfolio/tickers").json()["items"]

    assert float(position["quantity"]) == 3.5
    check_against_full_rebuild(stack, tmp_path)


def test_a_model_that_fails_keeps_its_rows_and_is_named_to_its_user_and_to_the_webhook(
    stack: Stack, investor: dict[str, str], tmp_path: Path
) -> None:
    with stack.api(investor) as api, stack.platform.connect("postgres", autocommit=True) as database:
        record(api, "first", "1.5")
        wait_until(lambda: status(api).get("up_to_date") is True, "the first trade is in the marts", RECOVERY_SECONDS)
        database.execute(BLOCK)
        try:
            record(api, "second", "2")
            wait_until(lambda: bool(status(api).get("failed_models")), "the status names a model", RECOVERY_SECONDS)
            failed = status(api)
            value = api.get("/portfolio/timeseries").json()["net_invested"][-1]
        finally:
            database.execute(UNBLOCK)
        record(api, "third", "1")
        wait_until(lambda: status(api).get("up_to_date") is True, "all trades are in the marts", RECOVERY_SECONDS)
        healed = status(api)

    assert (failed["up_to_date"], value) == (False, 300)
    assert [model["model"] for model in failed["failed_models"]] == ["gold_p_timeseries"]  # type: ignore[attr-defined]
    assert healed["failed_models"] == []
    (alert,) = alerts(stack, "refused by the test")
    assert (alert["dag_id"], alert["task_id"]) == ("transaction_sensor", "dbt.models.marts.gold_p_timeseries_run")
    check_against_full_rebuild(stack, tmp_path)


def airflows_database(stack: Stack) -> psycopg.Connection[Any]:
    return Platform(stack.home.ports["POSTGRES_PORT"], "airflow", stack.platform.passwords).connect(
        "postgres", autocommit=True
    )


def alerts(stack: Stack, reason: str) -> list[dict[str, Any]]:
    """What the webhook was told for this reason."""
    told = [json.loads(body) for body in stack.listener.bodies("/alerts")]
    return [alert for alert in told if reason in alert.get("reason", "")]


def test_a_run_that_hangs_is_told_of_when_it_is_late_and_when_it_is_given_up(
    stack: Stack, investor: dict[str, str]
) -> None:
    with stack.api(investor) as api, airflows_database(stack) as airflow:
        with model_held_up(stack, "int_position_intervals"):
            record(api, "held-up", "1.5")
            wait_until(lambda: somebody_waits(stack), "the run has come to int_position_intervals", RECOVERY_SECONDS)
            airflow.execute("update deadline set deadline_time = now() where not missed")
            wait_until(lambda: bool(alerts(stack, "missed its deadline")), "lateness is told", RECOVERY_SECONDS)
            late = status(api)
            airflow.execute("update dag_run set start_date = start_date - interval '1 day' where state = 'running'")
            wait_until(lambda: bool(alerts(stack, "took too long")), "the end is told", RECOVERY_SECONDS)
        wait_until(lambda: status(api).get("up_to_date") is True, "the marts hold the trade", RECOVERY_SECONDS)

    held_up = ["gold_p_timeseries", "int_position_intervals"]  # the series, too, has been told of the trade
    assert [model["model"] for model in late["failed_models"]] == held_up  # type: ignore[attr-defined]
    (warning,), (end,) = alerts(stack, "missed its deadline"), alerts(stack, "took too long")
    assert warning["reason"].endswith("Changes wait for gold_p_timeseries, int_position_intervals.")
    assert (warning["dag_id"], warning["task_id"]) == ("transaction_sensor", None)
    assert (end["run_id"], end["task_id"]) == (warning["run_id"], "dbt.models.intermediate.int_position_intervals_run")


def test_a_source_that_went_silent_is_told_to_who_trades_and_to_the_webhook(
    stack: Stack, investor: dict[str, str]
) -> None:
    with stack.api(investor) as api, stack.airflow() as airflow:
        record(api, "first", "1.5")
        with stack.platform.connect("postgres", autocommit=True) as database:
            database.execute("set session_replication_role = replica")  # nobody is to think that values have changed
            database.execute("update bronze.raw_fred set loaded_at = loaded_at - interval '36 days'")
        airflow.run("monthly_fred_macro_refresh")
        stale = status(api)["stale_sources"]

    assert [source["source"] for source in stale] == ["raw_fred"]  # type: ignore[attr-defined]
    (alert,) = alerts(stack, "raw_fred not loaded within")
    assert alert["task_id"] == "dbt.models.staging.bronze_raw_fred_source"


def test_airflows_metrics_reach_a_collector(stack: Stack) -> None:
    wait_until(
        lambda: any(b"scheduler_heartbeat" in body for body in stack.listener.bodies("/v1/metrics")),
        "a heartbeat of the scheduler is counted",
        RECOVERY_SECONDS,
    )
