"""
Prices, dividends, splits and metadata of every known ticker, then every model that depends on them.

At 18:00 UTC the US session is still open: its bar is stored as provisional and replaced by the next run.

To fetch again by hand, trigger it with tickers (none: all that are known) and a day from which on bars are compared
with what is stored. The range has no end, because a split or dividend after it would restate what lies within.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, dag, task

from dags.defaults import FETCHES, START, TASKS
from dags.models import models_downstream_of, table


@dag(
    schedule="0 18 * * 1-5",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    max_active_tasks=2,
    default_args=TASKS,
    doc_md=__doc__,
    tags=["market", "portfolio"],
    params={
        "tickers": Param(
            [],
            type="array",
            items={"type": "string", "maxLength": 15},
            description="Only these; none: all that are known.",
        ),
        "from_date": Param(None, type=["null", "string"], format="date", description="Compare from this day on."),
    },
)
def daily_market_data_ingestion() -> None:
    tables = ("raw_prices", "raw_corporate_actions", "raw_assets")

    @task(**FETCHES, outlets=[table(f"bronze.{name}") for name in tables])
    def fetch_prices(params: dict[str, Any]) -> str:
        from ingestion.prices import refresh_known_tickers  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_known_tickers(only=params["tickers"], since=date.fromisoformat(day) if day else None))

    fetch_prices() >> models_downstream_of(*tables, tested=True)


daily_market_data_ingestion()
