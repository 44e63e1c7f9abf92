"""Macro series from FRED, then the regime models and everything that is drawn over them."""

from datetime import UTC, date, datetime, timedelta

from airflow.sdk import Param, dag, task

from dags.models import models_downstream_of


@dag(
    schedule="0 6 1 * *",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["macro"],
    params={"from_date": Param(None, type=["null", "string"], format="date", description="Ask for vintages again.")},
)
def monthly_fred_macro_refresh() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=5))
    def fetch_series(params: dict[str, str | None]) -> str:
        from ingestion.macro import refresh_series  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_series(since=date.fromisoformat(day) if day else None))

    fetch_series() >> models_downstream_of("raw_fred", tested=True)


monthly_fred_macro_refresh()
