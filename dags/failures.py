"""Tells people that a task has failed for good: in the user's portfolio status, and at a webhook."""

import logging
import os
from typing import Any

import httpx
import psycopg

from dags import database

logger = logging.getLogger(__name__)
WEBHOOK_SECONDS = 10
LONGEST_REASON = 2000

REMEMBER = """
    insert into bronze.model_failures (model, run_id, reason)
    values (%(model)s, %(run_id)s, %(reason)s)
    on conflict (model) do update set failed_at = now(), run_id = excluded.run_id, reason = excluded.reason
"""


def report_failure(context: dict[str, Any]) -> None:
    """Airflow calls this when a task has no retries left; what goes wrong here never hides the failure itself."""
    task = context["ti"]
    failure = {
        "dag_id": task.dag_id,
        "task_id": task.task_id,
        "run_id": task.run_id,
        "try_number": task.try_number,
        "reason": str(context.get("exception") or context.get("reason") or "unknown")[:LONGEST_REASON],
    }
    for tell in (_remember, _post):
        try:
            tell(failure)
        except (psycopg.Error, httpx.HTTPError, httpx.InvalidURL) as error:
            logger.warning("The failure of %s could not be told by %s: %s", task.task_id, tell.__name__, error)


def _remember(failure: dict[str, Any]) -> None:
    """Note the model for GET /portfolio/status; a task that builds no model is left to Airflow."""
    model = model_of(failure["task_id"])
    if model is None:
        return
    with psycopg.connect(**database.address()) as connection:
        connection.execute(REMEMBER, {"model": model, "run_id": failure["run_id"], "reason": failure["reason"]})


def _post(failure: dict[str, Any]) -> None:
    """POST the failure as JSON to ALERT_WEBHOOK_URL; `text` is what chat services show."""
    address = os.environ.get("ALERT_WEBHOOK_URL")
    if not address:
        return
    text = "{dag_id}: {task_id} failed in {run_id}, try {try_number}: {reason}".format_map(failure)
    httpx.post(address, json={"text": text, **failure}, timeout=WEBHOOK_SECONDS).raise_for_status()


def model_of(task_id: str) -> str | None:
    """Name of the dbt model that a Cosmos task builds; None for other tasks."""
    name = task_id.rpartition(".")[2]
    return name.removesuffix("_run") if name.endswith("_run") else None
