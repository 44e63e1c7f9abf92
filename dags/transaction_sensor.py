"""
A new, changed or deleted transaction: fetch the prices of tickers that have none, then refresh the portfolio models.

Started by the asset `bronze.transactions`, not by a clock: seconds after a trade is recorded, the marts contain it.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

from dags.ledger_watch import LEDGER
from dags.models import models_downstream_of


@dag(
    schedule=[LEDGER],
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["ledger"],
)
def transaction_sensor() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=5))
    def fetch_missing_prices() -> str:
        from ingestion.prices import backfill_missing_history  # heavy: not while DAGs are parsed

        return str(backfill_missing_history())

    fetch_missing_prices() >> models_downstream_of(
        "transactions", "raw_prices", "raw_corporate_actions", "raw_assets", tested=False
    )


transaction_sensor()
