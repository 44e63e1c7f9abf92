"""The DAGs as Airflow reads them, made from the manifest of the dbt project as it stands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
DBT = Path(sys.executable).with_name("dbt")


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Dbt's own description of the project; DBT_MANIFEST_PATH names it for as long as the tests run."""
    target = tmp_path_factory.mktemp("dbt_target")
    settings = {
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_PROJECT_DIR": str(ROOT / "dbt"),
        "DBT_PROFILES_DIR": str(ROOT / "dbt"),
        "DBT_DB_PASSWORD": "not needed to parse",
    }
    subprocess.run([DBT, "parse", "--quiet"], env=os.environ | settings, cwd=ROOT, check=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DBT_MANIFEST_PATH", str(target / "manifest.json"))
        yield json.loads((target / "manifest.json").read_text())


@pytest.fixture(scope="session")
def dag_bag(manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Every DAG of dags/, read with the settings that the running stack has."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW_HOME", str(home))
        environment.setenv("AIRFLOW_CONFIG", str(ROOT / "dags" / "config" / "airflow.cfg"))
        environment.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home / 'airflow.db'}")
        from airflow.dag_processing.dagbag import DagBag

        yield DagBag(dag_folder=str(ROOT / "dags"))
