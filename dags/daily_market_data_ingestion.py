"""
Fetch prices, dividends, splits and metadata for every known ticker, then build every model that depends on them.

At 18:00 UTC the US session is still open: its bar is stored as provisional and the next run replaces it.

To fetch again by hand, trigger it with tickers (empty: all known tickers) and the first day to compare with stored
bars. The range has no end, because a later split or dividend would restate the days within it.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, dag, task

from dags.defaults import FETCHES, RUNS
from dags.models import models_downstream_of, once, table


@dag(
    **RUNS,
    schedule="0 18 * * 1-5",
    description="Prices, dividends and splits of every known ticker, then every figure that depends on them",
    doc_md=__doc__,
    tags=["market", "portfolio"],
    params={
        "tickers": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            description="One per line. Leave empty for every known ticker.",
        ),
        "from_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="First day to compare with stored prices. Leave empty for the last two weeks.",
        ),
    },
)
def daily_market_data_ingestion() -> None:
    tables = ("raw_prices", "raw_corporate_actions", "raw_assets")

    @task(**FETCHES, outlets=[table(f"bronze.{name}") for name in tables])
    def fetch_prices(params: dict[str, Any]) -> str:
        from ingestion.prices.price_refresh import refresh_known_tickers  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_known_tickers(only=params["tickers"] or (), since=date.fromisoformat(day) if day else None))

    @task(trigger_rule="all_done")
    def tell_new_silences() -> str:
        from dags.silences import tell_new_silences as tell

        return tell()

    fetch_prices() >> models_downstream_of(*tables) >> tell_new_silences()


DAG = once(daily_market_data_ingestion)
