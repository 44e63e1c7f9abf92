"""
Prices, dividends, splits and metadata of every known ticker, then every model that depends on them.

At 18:00 UTC the US session is still open: its bar is stored as provisional and replaced by the next run.
"""

from datetime import UTC, date, datetime, timedelta

from airflow.sdk import Param, dag, task

from dags.models import models_downstream_of


@dag(
    schedule="0 18 * * 1-5",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["market"],
    params={"from_date": Param(None, type=["null", "string"], format="date", description="Compare from this day on.")},
)
def daily_market_data_ingestion() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=5))
    def fetch_prices(params: dict[str, str | None]) -> str:
        from ingestion.prices import refresh_known_tickers  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_known_tickers(since=date.fromisoformat(day) if day else None))

    fetch_prices() >> models_downstream_of("raw_prices", "raw_corporate_actions", "raw_assets", tested=True)


daily_market_data_ingestion()
