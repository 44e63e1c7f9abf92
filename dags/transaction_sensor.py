"""
A new, changed or deleted transaction: seconds after it was recorded, the marts contain it.

Started by the asset `bronze.transactions`, not by a clock. `stg_transactions` takes in what the ledger holds now,
whatever the event said; a run takes in all that was recorded before it. Only stored models have a task: views show what
these hold, and were made when the models were deployed.

Behind `stg_transactions`, tickers without prices are fetched, several at a time: one that can't be fetched is given up
after seconds, rests for ten minutes, and is tried again by the next run after that. The fetch and the models of prices
are skipped when there is nothing to fetch and no price has changed; those of portfolios run always, and rebuild the
users whose transactions have changed, from the day of the change on.
"""

from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.exceptions import DownstreamTasksSkipped

from dags.changes import prices_are_pending, prices_need_work
from dags.defaults import RUNS, STATEMENT, WAITED_FOR, late_after
from dags.ledger_watch import LEDGER
from dags.models import models_downstream_of, once, table, tasks_of

# The first model: whatever it has taken in, the prices of it were in bronze before. So they are looked for behind it,
# in the same group: groups that wait for each other Airflow can't draw.
LAYER = "dbt.models.staging"
LEDGER_MODEL = f"{LAYER}.stg_transactions_run"


@dag(
    **RUNS
    | {
        "default_args": WAITED_FOR,
        "deadline": late_after(STATEMENT),
        "dagrun_timeout": 5 * WAITED_FOR["execution_timeout"],  # a task that hangs has failed three times by then
    },
    schedule=[LEDGER],
    description="Seconds after a trade was recorded, changed or deleted, all that is computed from it",
    doc_md=__doc__,
    tags=["ledger", "portfolio"],
)
def transaction_sensor() -> None:
    @task(outlets=[table(f"bronze.{name}") for name in ("raw_prices", "raw_corporate_actions", "raw_assets")])
    def fetch_missing_prices() -> None:
        from ingestion.prices.price_refresh import backfill_missing_history  # heavy: not while DAGs are parsed

        backfill_missing_history()
        if not prices_are_pending():
            raise DownstreamTasksSkipped(tasks=of_prices)

    def skip_prices_unless_needed(_context: Any) -> None:
        """Save the time of a task that finds nothing to fetch: whoever recorded the trade waits for it."""
        if not prices_need_work():
            raise DownstreamTasksSkipped(tasks=[fetch.operator.task_id, *of_prices])

    tables = ("transactions", "raw_prices", "raw_corporate_actions", "raw_assets")
    group = models_downstream_of(*tables, somebody_waits=True)
    models = {model.task_id: model for model in tasks_of(group)}
    with group.children["dbt.models"].children[LAYER]:
        fetch = fetch_missing_prices()
    ledger = models.pop(LEDGER_MODEL)
    of_portfolios = ledger.get_flat_relative_ids(upstream=False)
    of_prices = [task_id for task_id in models if task_id not in of_portfolios]
    ledger >> fetch >> [models[task_id] for task_id in of_prices if not models[task_id].upstream_task_ids]
    ledger.post_execute = skip_prices_unless_needed


DAG = once(transaction_sensor)
