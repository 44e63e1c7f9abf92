"""From a recorded trade to the marts: how long it takes, compared with one dbt command, and where the time goes."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

import httpx

from scripts.bench.promises import Promise
from scripts.demo.portfolio import Airflow, api_client, wait_until_up_to_date
from scripts.launcher.home import ROOT, Home
from scripts.launcher.services import BIN, BUILD_MODELS

REPETITIONS = 7
DAG = "transaction_sensor"
MODEL_SECONDS = re.compile(r"OK created sql .*? in (\d+\.\d+)s\]")


@dataclass(frozen=True)
class Journey:
    """Seconds of one trade, along the chain of tasks that ended last."""

    event: float  # from the commit until Airflow has a run for it
    scheduler: float  # until a task is handed out, once its predecessors have ended
    start: float  # of the task's process
    python: float  # Airflow's in that process, and dbt's around the model
    model: float  # dbt's time for the model: compiling, and its statements in PostgreSQL
    answer: (
        float  # from the end of the last task until the API says that the marts hold it, unless it has said so before
    )

    @classmethod
    def of(cls, committed: datetime, arrived: datetime, run: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Self:
        """From a run as Airflow's REST API returns it; each task also has `model_seconds`."""
        chain = _chain(tasks)
        # The marts hold the trade once the last model commits, shortly before its task ends.
        released = [_time(run["queued_at"]), *(min(_time(task["end_date"]), arrived) for task in chain)]
        in_tasks = sum(
            (end - _time(task["start_date"])).total_seconds() for end, task in zip(released[1:], chain, strict=True)
        )
        model = sum(task["model_seconds"] for task in chain)
        return cls(
            event=(released[0] - committed).total_seconds(),
            scheduler=sum(
                (_time(task["queued_when"]) - before).total_seconds()
                for before, task in zip(released, chain, strict=False)
            ),
            start=sum((_time(task["start_date"]) - _time(task["queued_when"])).total_seconds() for task in chain),
            python=in_tasks - model,
            model=model,
            answer=(arrived - released[-1]).total_seconds(),
        )


def rows(home: Home) -> list[Promise]:
    """Seconds from a commit until every mart has the transaction, compared with one dbt command for the same models."""
    with api_client(home) as api, Airflow(home) as airflow:
        airflow.wait_until_idle()
        median = _median(api, airflow, "on an idle machine")
        with _busy_processors():
            loaded = _median(api, airflow, "while every processor is busy with something else")
    bare = statistics.median(_dbt_build(home) for _ in range(REPETITIONS))
    return [
        Promise("A posted trade is in every mart", median, 1, limit=2.5),
        Promise("A posted trade is in every mart, against one dbt command for the same models", median, bare, 0.8),
        Promise("A posted trade is in every mart, with as much other work as processors", loaded, median, 2),
    ]


def _median(api: httpx.Client, airflow: Airflow, circumstances: str) -> float:
    measured = [_post_and_wait(api, airflow) for _ in range(REPETITIONS)]
    seconds = [duration for duration, _ in measured]
    told = ", ".join(f"{duration:.1f}" for duration in seconds)
    print(f"A posted trade is in every mart {circumstances} after {told} s")
    print(_parts([journey for _, journey in measured]))
    return statistics.median(seconds)


@contextmanager
def _busy_processors() -> Iterator[None]:
    """One process per processor that never waits."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _post_and_wait(api: httpx.Client, airflow: Airflow) -> tuple[float, Journey]:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "202.91", "trade_date": "2013-03-01"}
    reply = api.post("/transactions", json=trade, headers={"Idempotency-Key": f"bench-{uuid4()}"})
    committed, clock = datetime.now().astimezone(), time.monotonic()
    reply.raise_for_status()
    wait_until_up_to_date(api)
    seconds, arrived = time.monotonic() - clock, datetime.now().astimezone()
    airflow.wait_until_idle()
    return seconds, Journey.of(committed, arrived, *_last_run(airflow))


def _last_run(airflow: Airflow) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The newest run, and its executed tasks."""
    reply = airflow.client.get(f"/api/v2/dags/{DAG}/dagRuns", params={"order_by": "-run_after", "limit": 1})
    (run,) = reply.raise_for_status().json()["dag_runs"]
    address = f"/api/v2/dags/{DAG}/dagRuns/{run['dag_run_id']}/taskInstances"
    tasks = airflow.client.get(address).raise_for_status().json()["task_instances"]
    executed = [task for task in tasks if task["state"] == "success"]
    for task in executed:
        log = airflow.client.get(f"{address}/{task['task_id']}/logs/{task['try_number']}").raise_for_status().text
        task["model_seconds"] = sum(map(float, MODEL_SECONDS.findall(re.sub(r"(\\u001b|\x1b)\[\d*m", "", log))))
    return run, executed


def _chain(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The task that ended last, before it the last to end before that was handed out, and so on; in order."""
    chain: list[dict[str, Any]] = []
    ended = tasks
    while ended:
        chain.insert(0, max(ended, key=lambda task: _time(task["end_date"])))
        handed_out = _time(chain[0]["queued_when"])
        ended = [task for task in tasks if _time(task["end_date"]) <= handed_out]
    return chain


def _parts(journeys: list[Journey]) -> str:
    medians = {
        part.name: statistics.median(getattr(journey, part.name) for journey in journeys) for part in fields(Journey)
    }
    return "Of it, medians: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in medians.items()) + " s"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _dbt_build(home: Home) -> float:
    command = [str(BIN / "dbt"), "build", "--quiet", "--select", "source:bronze.transactions+"]
    command += ["--exclude-resource-type", "test", "unit_test"]  # nor does the DAG run any while a user waits
    started = time.monotonic()
    subprocess.run(command, env=BUILD_MODELS.environment(home, {}), cwd=ROOT, check=True)
    return time.monotonic() - started
