"""What all DAGs and tasks have in common unless they say otherwise, and what happens when one fails or is late."""

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
# A provider that was down is asked again for about half an hour.
FETCHES: dict[str, Any] = {
    "retries": 4,
    "retry_delay": timedelta(minutes=2),
    "max_retry_delay": timedelta(minutes=20),
    "execution_timeout": timedelta(hours=2),
}
# Where somebody waits, a statement that takes this long hangs. Its task has a minute more to say so.
STATEMENT = timedelta(seconds=int(os.environ.get("MODEL_STATEMENT_SECONDS") or 300))
WAITED_FOR: dict[str, Any] = TASKS | {
    "max_retry_delay": timedelta(seconds=10),
    "execution_timeout": STATEMENT + timedelta(minutes=1),
}


def late_after(interval: timedelta) -> DeadlineAlert:
    """Tell people of a run that has not finished so long after it was queued."""
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, interval, AsyncCallback(report_late_run))


RUNS: dict[str, Any] = {
    # A schedule's first run is the latest that is due: nothing before the platform's start is caught up.
    "start_date": datetime(2020, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,  # a run takes in all that is pending when it starts
    "max_active_tasks": 2,
    # A backfill makes a run for each day of a range, and no run is of a day: parameters say from when on to fetch.
    "allowed_run_types": [kind for kind in DagRunType if kind is not DagRunType.BACKFILL],
    "on_failure_callback": report_failed_run,
    "deadline": late_after(timedelta(hours=6)),
    "default_args": TASKS,
}
