"""Airflow reads this in each of its processes.

The scheduler forks a process for every task. What it has imported and parsed before the fork every task finds ready, in
memory that all share: a model then takes a fraction of a second where it would import and parse for several.
"""

import gc
import sys


def _prepare_dbt() -> None:
    """Import Cosmos and dbt, and parse the dbt project, in the process that tasks are forked from."""
    import airflow.sdk  # noqa: F401  # before cosmos: the import is circular otherwise
    from cosmos.dbt.runner import get_runner
    from dbt.adapters.factory import reset_adapters

    from dags.models import DBT_PROJECT

    runner = get_runner()  # Cosmos keeps one for a process, and so for the processes forked from it
    folders = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    parsed = runner.invoke(["parse", "--quiet", "--no-write-json", *folders])
    if not parsed.success:
        # Tasks parse for themselves then, and say in their logs what is wrong.
        print(f"The dbt project can't be parsed before tasks start: {parsed.exception}", file=sys.stderr)  # noqa: T201
        return
    runner.manifest = parsed.result
    reset_adapters()
    gc.freeze()  # a collection in a forked process would copy the pages it touches


if "scheduler" in sys.argv[:2]:
    _prepare_dbt()
