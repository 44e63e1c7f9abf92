"""
Macro series from FRED, then the regime models and everything that is drawn over them.

To ask again by hand, trigger it with series (none: all) and a day from which on vintages are asked for again.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, dag, task

from dags.defaults import FETCHES, START, TASKS
from dags.models import models_downstream_of, table


@dag(
    schedule="0 6 1 * *",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    max_active_tasks=2,
    default_args=TASKS,
    doc_md=__doc__,
    tags=["macro", "portfolio"],
    params={
        "series": Param([], type="array", items={"type": "string"}, description="Only these; none: every one."),
        "from_date": Param(None, type=["null", "string"], format="date", description="Ask for vintages again."),
    },
)
def monthly_fred_macro_refresh() -> None:
    @task(**FETCHES, outlets=[table("bronze.raw_fred")])
    def fetch_series(params: dict[str, Any]) -> str:
        from ingestion.macro import refresh_series  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_series(only=params["series"], since=date.fromisoformat(day) if day else None))

    fetch_series() >> models_downstream_of("raw_fred", tested=True)


monthly_fred_macro_refresh()
