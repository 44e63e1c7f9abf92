"""A model that waits for a lock for ever fails by PostgreSQL's own time limit."""

from typing import Any

import pytest
from cosmos.exceptions import CosmosDbtRunError  # type: ignore[import-untyped]

from tests.support.platform import Platform


def test_postgresql_ends_a_statement_that_hangs_so_that_its_task_fails(
    dag_bag: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGOPTIONS", "")  # Cosmos leaves what it sets
    task = dag_bag.dags["transaction_sensor"].get_task("dbt.models.staging.stg_transactions_run")
    assert set(task.env) == {"PGOPTIONS"}
    monkeypatch.setattr(task, "env", {"PGOPTIONS": "-c statement_timeout=500"})  # what the DAG says takes minutes

    with platform.connect("postgres") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext('stg_transactions'))")
        with pytest.raises(CosmosDbtRunError, match="canceling statement due to statement timeout"):
            task.execute({"run_id": "manual__1"})
