"""Macro series from FRED, then the regime models and everything that is drawn over them."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

from dags.models import models_downstream_of


@dag(
    schedule="0 6 1 * *",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["macro"],
)
def monthly_fred_macro_refresh() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=5))
    def fetch_series() -> str:
        from ingestion.macro import refresh_series  # heavy: not while DAGs are parsed

        return str(refresh_series())

    fetch_series() >> models_downstream_of("raw_fred", tested=True)


monthly_fred_macro_refresh()
