"""
Macro series from FRED, then the regime models and everything that is drawn over them.

To ask again by hand, trigger it with series (none: all) and a day from which on vintages are asked for again.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, dag, task

from dags.defaults import FETCHES, RUNS
from dags.models import models_downstream_of, once, table


@dag(
    **RUNS,
    schedule="0 6 1 * *",
    description="Macro series from FRED, then the regimes and all that is computed from them",
    doc_md=__doc__,
    tags=["macro", "portfolio"],
    params={
        "series": Param(
            None, type=["null", "array"], items={"type": "string"}, description="One a line. Empty: every series."
        ),
        "from_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Ask again for vintages from this day on. Empty: only for new ones.",
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
