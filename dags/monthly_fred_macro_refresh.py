"""
Fetch macro series from FRED, then build the regime models and everything drawn from them.

To fetch again by hand, trigger it with series (empty: all) and the first day whose vintages to fetch again.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, dag, task

from dags.defaults import FETCHES, RUNS
from dags.models import models_downstream_of, once, table


@dag(
    **RUNS,
    schedule="0 6 1 * *",
    description="Macro series from FRED, then the regimes and every figure that depends on them",
    doc_md=__doc__,
    tags=["macro", "portfolio"],
    params={
        "series": Param(
            None, type=["null", "array"], items={"type": "string"}, description="One per line. Leave empty for all."
        ),
        "from_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Fetch vintages again from this day on. Leave empty for new ones only.",
        ),
    },
)
def monthly_fred_macro_refresh() -> None:
    @task(**FETCHES, outlets=[table("bronze.raw_fred")])
    def fetch_series(params: dict[str, Any]) -> str:
        from ingestion.macro.macro_refresh import refresh_series  # heavy: not while DAGs are parsed

        day = params["from_date"]
        return str(refresh_series(only=params["series"] or (), since=date.fromisoformat(day) if day else None))

    @task(trigger_rule="all_done")
    def tell_new_silences() -> str:
        from dags.silences import tell_new_silences as tell

        return tell()

    fetch_series() >> models_downstream_of("raw_fred") >> tell_new_silences()


DAG = once(monthly_fred_macro_refresh)
