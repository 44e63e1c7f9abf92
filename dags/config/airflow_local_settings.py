"""Airflow reads this in each of its processes.

Task processes are forked from the scheduler or a Celery worker. Whatever those import and parse before the fork is
ready in every task, in shared memory, so a model takes a fraction of a second instead of several. The triggerer also
passes on events at once.
"""

import asyncio
import gc
import sys
from collections import deque
from tempfile import TemporaryDirectory
from typing import Any


def _prepare_tasks() -> None:
    """Do once what every task does: read the DAGs, parse the dbt project, run a model, choose the price source."""
    import airflow.sdk  # noqa: F401  # before cosmos: the import is circular otherwise
    from airflow.dag_processing.dagbag import DagBag
    from cosmos.dbt.runner import get_runner
    from dbt.adapters.factory import reset_adapters
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.clients.jinja import template_cache
    from dbt_common.tests import enable_test_caching

    from dags.models import DBT_PROJECT
    from ingestion.config import IngestionSettings
    from ingestion.providers import price_source

    sys.modules["openlineage.common.provider.dbt.local"] = None  # type: ignore[assignment]  # nobody listens to it
    DagBag(dag_folder=str(DBT_PROJECT.parent / "dags"))
    price_source(IngestionSettings())
    # Every dbt command scans all installed packages for plugins, and all modules to find its caller.
    enable_test_caching()
    BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]  # noqa: SLF001
    runner = get_runner()  # Cosmos keeps one runner per process, and forked processes inherit it
    with TemporaryDirectory() as target:  # the project folder may be read-only, as in a container
        options = ["--quiet", "--no-write-json", "--target-path", target]
        options += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        parsed = runner.invoke(["parse", *options])
        if not parsed.success:
            # Tasks then parse for themselves and log what is wrong.
            print(f"The dbt project can't be parsed before tasks start: {parsed.exception}", file=sys.stderr)  # noqa: T201
            return
        runner.manifest = parsed.result
        for macro in parsed.result.macros.values():
            if macro.package_name == parsed.result.metadata.project_name:
                template_cache.get_node_template(macro)  # compiling macros takes longer than running the SQL
        # This view already exists; only the modules it loads matter.
        runner.invoke(["run", "--select", "stg_assets", *options])
    reset_adapters()
    gc.collect()
    gc.freeze()  # garbage collection in a forked process would copy the pages it touches


def _hand_events_over_at_once() -> None:
    """By default the triggerer checks once a second for events: everyone who records a trade would wait for that."""
    from airflow.jobs import triggerer_job_runner

    class Events(deque[Any]):
        def __init__(self, runner: triggerer_job_runner.TriggerRunner) -> None:
            super().__init__()
            self.runner = runner

        def append(self, event: Any) -> None:
            super().append(event)
            self.handing_over = asyncio.ensure_future(self.runner.sync_state_to_supervisor([]))

    class PromptRunner(triggerer_job_runner.TriggerRunner):
        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]  # Airflow has no types here
            self.events = Events(self)

    triggerer_job_runner.TriggerRunner = PromptRunner  # type: ignore[misc]


if "triggerer" in sys.argv[:2]:
    _hand_events_over_at_once()
if "scheduler" in sys.argv[:2] or sys.argv[1:3] == ["celery", "worker"]:
    _prepare_tasks()
