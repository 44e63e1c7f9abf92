"""
Bring a new, changed or deleted transaction into the marts within seconds.

The asset `bronze.transactions` starts it, not a clock. `stg_transactions` reads the ledger as it is now, whatever the
event said, so a run processes everything recorded before it. Only stored models have a task: views were created when
the models were deployed, and show what the stored models hold.

After `stg_transactions` the run fetches tickers without prices, several at a time. It gives up on a ticker after some
seconds; runs from ten minutes later on try it again. It skips the fetch and the price models when there is nothing to
fetch and no price has changed. The portfolio models always run, and rebuild users whose transactions have changed, from
the day of the change on.
"""

from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.exceptions import DownstreamTasksSkipped

from dags.changes import prices_are_pending, prices_need_work
from dags.defaults import RUNS, STATEMENT, WAITED_FOR, late_after
from dags.ledger_watch import LEDGER
from dags.models import models_downstream_of, once, table, tasks_of

# The first model: the run looks for prices after it, so that they cover everything it has read. Both are in one group,
# because Airflow can't draw groups that wait for each other.
LAYER = "dbt.models.staging"
LEDGER_MODEL = f"{LAYER}.stg_transactions_run"


@dag(
    **RUNS
    | {
        "default_args": WAITED_FOR,
        "deadline": late_after(STATEMENT),
        "dagrun_timeout": 5 * WAITED_FOR["execution_timeout"],  # by then a hanging task has failed three times
    },
    schedule=[LEDGER],
    description="Updates every figure within seconds of a recorded, changed or deleted trade",
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
        """Save the time of a task that finds nothing to fetch: whoever recorded the trade is waiting."""
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
