"""Airflow reads this in each of its processes.

The processes that run tasks are forked from the scheduler, or from a Celery worker. What those have imported and parsed
before the fork every task finds ready, in memory that all share: a model then takes a fraction of a second where it
would import and parse for several.
"""

import gc
import sys
from tempfile import TemporaryDirectory


def _prepare_tasks() -> None:
    """Do once what each task does: read the DAGs, parse the dbt project, run a model, name the source of prices."""
    import airflow.sdk  # noqa: F401  # before cosmos: the import is circular otherwise
    from airflow.dag_processing.dagbag import DagBag
    from cosmos.dbt.runner import get_runner
    from cosmos.operators.local import AbstractDbtLocalBase
    from dbt.adapters.factory import reset_adapters

    from dags.models import DBT_PROJECT
    from ingestion.config import IngestionSettings
    from ingestion.sources import price_source

    DagBag(dag_folder=str(DBT_PROJECT.parent / "dags"))
    AbstractDbtLocalBase._get_dbt_local_artifact_processor()  # noqa: SLF001  # Cosmos imports it in every task
    price_source(IngestionSettings())
    runner = get_runner()  # Cosmos keeps one for a process, and so for the processes forked from it
    with TemporaryDirectory() as target:  # the project's own folder may be read-only, as it is in a container
        options = ["--quiet", "--no-write-json", "--target-path", target]
        options += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        parsed = runner.invoke(["parse", *options])
        if not parsed.success:
            # Tasks parse for themselves then, and say in their logs what is wrong.
            print(f"The dbt project can't be parsed before tasks start: {parsed.exception}", file=sys.stderr)  # noqa: T201
            return
        runner.manifest = parsed.result
        # A view that stands already: only its modules matter.
        runner.invoke(["run", "--select", "stg_assets", *options])
    reset_adapters()
    gc.collect()
    gc.freeze()  # a collection in a forked process would copy the pages it touches


if "scheduler" in sys.argv[:2] or sys.argv[1:3] == ["celery", "worker"]:
    _prepare_tasks()
