"""The code of a container can't be written to: what a service prepares goes elsewhere."""

import shutil
import sys
from pathlib import Path
from typing import Any

from scripts.launcher.home import ROOT, free_port
from tests.deploy.conftest import Deployment


def test_tasks_are_prepared_without_writing_beside_the_models(
    deployment: Deployment, containers: dict[str, Any], tmp_path: Path
) -> None:
    """A preparation that fails only costs each task seconds of its own, so nobody would notice."""
    for folder in ("dags", "dbt", "ingestion"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target", "logs", "__pycache__")
        )
    before = _files(tmp_path)
    settings = tmp_path / "dags" / "config" / "airflow_local_settings.py"
    prepare = f"import runpy, sys; sys.argv = ['airflow', 'scheduler']; runpy.run_path({str(settings)!r})"
    parsed = deployment.run(containers["dbt-build"], ["dbt", "parse", "--quiet"])  # what the DAGs are made from
    assert parsed.returncode == 0, parsed.stderr

    done = deployment.run(
        containers["airflow-scheduler"],
        [sys.executable, "-B", "-P", "-c", prepare],
        {"PYTHONPATH": str(tmp_path), "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(free_port())},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "can't be parsed" not in done.stderr
    assert _files(tmp_path) == before


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))
