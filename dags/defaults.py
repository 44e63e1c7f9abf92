"""Defaults for all DAGs and tasks, and what happens when one fails or runs late."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference
from airflow.sdk.api.datamodels._generated import DagRunType

from dags.failures import report_failed_run, report_failure, report_late_run

TASKS: dict[str, Any] = {
    "owner": "macrofolio",
    "retries": 2,
    "retry_delay": timedelta(seconds=2),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": report_failure,
}
# Retry a provider that is down for about half an hour.
FETCHES: dict[str, Any] = {
    "retries": 4,
    "retry_delay": timedelta(minutes=2),
    "max_retry_delay": timedelta(minutes=20),
    "execution_timeout": timedelta(hours=2),
}
# When a user is waiting, a statement that takes this long is hanging. Its task gets one more minute to report it.
STATEMENT = timedelta(seconds=int(os.environ.get("MODEL_STATEMENT_SECONDS") or 300))
WAITED_FOR: dict[str, Any] = TASKS | {
    "max_retry_delay": timedelta(seconds=10),
    "execution_timeout": STATEMENT + timedelta(minutes=1),
}


def late_after(interval: timedelta) -> DeadlineAlert:
    """Alert when a run has not finished this long after it was queued."""
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, interval, AsyncCallback(report_late_run))


RUNS: dict[str, Any] = {
    # A schedule starts with its latest due run: nothing before the platform's start is caught up.
    "start_date": datetime(2020, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,  # each run processes everything pending at its start
    "max_active_tasks": 2,
    # A backfill makes one run per day of a range, but no run belongs to a day: parameters say how far back to fetch.
    "allowed_run_types": [kind for kind in DagRunType if kind is not DagRunType.BACKFILL],
    "on_failure_callback": report_failed_run,
    "deadline": late_after(timedelta(hours=6)),
    "default_args": TASKS,
}
