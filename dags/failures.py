"""Reports what failed for good, hangs or went stale: in the status of affected users, and to a webhook.

Airflow calls these functions; an error in them never hides the failure they report.
"""

import asyncio
import logging
import os
from collections.abc import Iterable
from datetime import datetime
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
# The models that still hold up changes users made before the run was queued. The run should have processed them.
OVERDUE = """
    select distinct model from bronze.pending_changes
    where user_id is not null and not is_wide and queued_at <= coalesce(%s::timestamptz, now())
    order by model
"""


def report_failure(context: dict[str, Any]) -> None:
    """A task has failed and has no retries left."""
    task = context["ti"]
    reason = str(context.get("exception") or context.get("reason") or "unknown")
    alert = _alert(task.dag_id, task.run_id, reason, task.task_id, task.try_number)
    text = "{dag_id}: {task_id} failed in {run_id}, try {try_number}: {reason}".format_map(alert)
    _tell(alert, text, filter(None, [model_of(task.task_id)]))


def report_failed_run(context: dict[str, Any]) -> None:
    """A run has failed. If it timed out, none of its tasks has reported it."""
    why = context.get("reason")
    if why == "task_failure":
        return
    task, dag_id = context.get("ti"), context["dag"].dag_id
    reason = "It took too long and was stopped." if why == "timed_out" else f"Airflow says: {why}."
    _report_run(dag_id, context["run_id"], getattr(context.get("dag_run"), "queued_at", None), reason, task)


async def report_late_run(context: dict[str, Any]) -> None:
    """A run has missed its deadline and continues. Airflow keeps a failed run's deadline; that was reported."""
    run = context["dag_run"]
    if run["state"] in {"queued", "running"}:
        reason = "It missed its deadline and is still running."
        await asyncio.to_thread(_report_run, run["dag_id"], run["dag_run_id"], run["queued_at"], reason)


def report_warning(context: dict[str, Any]) -> None:
    """A dbt task succeeded with warnings: from tests, or about sources that have not been loaded for too long."""
    task, found = context["ti"], context["test_names"]
    if not found:
        return
    if task.task_id.endswith("_source"):
        sources, reason = found, f"{', '.join(found)} not loaded within the freshness limit."
    else:
        details = zip(found, context["test_results"], strict=True)
        sources, reason = [], "; ".join(f"{name}: {result}" for name, result in details)
    alert = _alert(task.dag_id, task.run_id, reason, task.task_id, task.try_number)
    _tell(alert, "{dag_id}: {task_id} warns in {run_id}: {reason}".format_map(alert), sources)


def model_of(task_id: str) -> str | None:
    """Name of the dbt model that a Cosmos task builds; None for other tasks."""
    name = task_id.rpartition(".")[2]
    return name.removesuffix("_run") if name.endswith("_run") else None


def _report_run(dag_id: str, run_id: str, queued_at: datetime | str | None, reason: str, task: Any = None) -> None:
    """Report a whole run, with the models that have not processed what it was for."""
    try:
        models = _overdue(queued_at)
    except psycopg.Error as error:
        models = []
        logger.warning("Could not read which models are overdue: %s", error)
    if models:
        reason += f" Changes wait for {', '.join(models)}."
    alert = _alert(dag_id, run_id, reason, task and task.task_id, task and task.try_number)
    _tell(alert, "{dag_id}: {run_id}: {reason}".format_map(alert), models)


def _overdue(queued_at: datetime | str | None) -> list[str]:
    with psycopg.connect(**database.address()) as connection:
        return [model for (model,) in connection.execute(OVERDUE, [queued_at])]


def _alert(dag_id: str, run_id: str, reason: str, task_id: str | None, try_number: int | None) -> dict[str, Any]:
    """The webhook's fields beside the text; without a task the alert is about the run."""
    known = {"dag_id": dag_id, "task_id": task_id, "run_id": run_id, "try_number": try_number}
    return known | {"reason": reason[:LONGEST_REASON]}


def _tell(alert: dict[str, Any], text: str, concerned: Iterable[str]) -> None:
    try:
        _remember(alert, concerned)
    except psycopg.Error as error:
        logger.warning("%s Could not save this for the affected users: %s", text, error)
    try:
        _post(alert, text)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        logger.warning("%s Could not send this to the webhook: %s", text, error)


def _remember(alert: dict[str, Any], concerned: Iterable[str]) -> None:
    """Save failed models and stale tables for GET /portfolio/status; Airflow keeps other failures."""
    rows = [{"model": name, "run_id": alert["run_id"], "reason": alert["reason"]} for name in concerned]
    if rows:
        with psycopg.connect(**database.address()) as connection, connection.cursor() as cursor:
            cursor.executemany(REMEMBER, rows)


def _post(alert: dict[str, Any], text: str) -> None:
    """POST the alert as JSON to ALERT_WEBHOOK_URL; chat services show `text`."""
    if address := os.environ.get("ALERT_WEBHOOK_URL"):
        httpx.post(address, json={"text": text, **alert}, timeout=WEBHOOK_SECONDS).raise_for_status()
