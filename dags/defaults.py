"""What all tasks have in common unless they say otherwise, and what happens when one has failed for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dags.failures import report_failure

# A schedule's first run is the latest that is due: nothing before the platform's start is caught up.
START = datetime(2020, 1, 1, tzinfo=UTC)

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
