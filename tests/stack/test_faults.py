"""Whatever is killed while a trade travels: the trade arrives, and the marts are those of a clean full rebuild."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from scripts.supervision import Supervisor
from tests.dbt.command import run_dbt
from tests.dbt.contents import TABLES, contents, differences
from tests.platform import kill_all, wait_until
from tests.stack.conftest import Stack

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
    alerts = [json.loads(body) for body in stack.listener.bodies("/alerts")]
    (alert,) = [alert for alert in alerts if alert["task_id"].endswith("gold_p_timeseries_run")]
    assert alert["dag_id"] == "transaction_sensor"
    assert "refused by the test" in alert["reason"]
    check_against_full_rebuild(stack, tmp_path)


def test_airflows_metrics_reach_a_collector(stack: Stack) -> None:
    wait_until(
        lambda: any(b"scheduler_heartbeat" in body for body in stack.listener.bodies("/v1/metrics")),
        "a heartbeat of the scheduler is counted",
        RECOVERY_SECONDS,
    )
