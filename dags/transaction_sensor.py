"""
A new, changed or deleted transaction: seconds after it was recorded, the marts contain it.

Started by the asset `bronze.transactions`, not by a clock. `stg_transactions` takes in what the ledger holds now,
whatever the event said. Then tickers without prices are fetched, several at a time: one that can't be fetched is given
up after seconds, rests for ten minutes, and is tried again by the next run after that. The models of prices run only
when some price has changed; those of portfolios run always, and rebuild the users whose transactions have changed, from
the day of the change on.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from dags.defaults import START, TASKS
from dags.ledger_watch import LEDGER
from dags.models import models_downstream_of, table, tasks_of

# The first model: whatever it has taken in, the prices of it were in bronze before. So they are looked for behind it,
# in the same group: groups that wait for each other Airflow can't draw.
LAYER = "dbt.models.staging"
LEDGER_MODEL = f"{LAYER}.stg_transactions_run"


@dag(
    schedule=[LEDGER],
    start_date=START,
    catchup=False,
    max_active_runs=2,  # a trade need not wait for the last views of the run before: models take turns
    max_active_tasks=2,
    dagrun_timeout=timedelta(minutes=30),  # a run that hangs makes room
    default_args=TASKS,
    doc_md=__doc__,
    tags=["ledger", "portfolio"],
)
def transaction_sensor() -> None:
    @task.short_circuit(
        ignore_downstream_trigger_rules=False,
        outlets=[table(f"bronze.{name}") for name in ("raw_prices", "raw_corporate_actions", "raw_assets")],
        execution_timeout=timedelta(minutes=10),
    )
    def fetch_missing_prices() -> bool:
        """Whether the models of prices have anything to take in afterwards."""
        from dags.changes import prices_are_pending
        from ingestion.prices import backfill_missing_history  # heavy: not while DAGs are parsed

        backfill_missing_history()
        return prices_are_pending()

    group = models_downstream_of("transactions", "raw_prices", "raw_corporate_actions", "raw_assets", tested=False)
    models = {model.task_id: model for model in tasks_of(group)}
    with group.children["dbt.models"].children[LAYER]:
        fetch = fetch_missing_prices()
    ledger = models.pop(LEDGER_MODEL)
    of_portfolios = ledger.get_flat_relative_ids(upstream=False)
    ledger >> fetch >> [model for task_id, model in models.items() if task_id not in of_portfolios]


transaction_sensor()
