"""The dbt models as Airflow tasks, one task each (Astronomer Cosmos); every DAG takes its part from here."""

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import TaskGroup  # airflow first: importing cosmos before it is circular
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, SourceRenderingBehavior, TestBehavior

DBT_PROJECT = Path(__file__).parent.parent / "dbt"

PROJECT = ProjectConfig(
    dbt_project_path=DBT_PROJECT,
    # Written when the models were deployed: parsing a DAG then costs no dbt call.
    manifest_path=Path(os.environ.get("DBT_MANIFEST_PATH", DBT_PROJECT / "target" / "manifest.json")),
    install_dbt_deps=False,
    partial_parse=False,  # the scheduler has parsed already: config/airflow_local_settings.py
)
PROFILE = ProfileConfig(
    profile_name="macrofolio", target_name="platform", profiles_yml_filepath=DBT_PROJECT / "profiles.yml"
)
EXECUTION = ExecutionConfig(execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER)


def models_downstream_of(*tables: str, tested: bool) -> TaskGroup:
    """Every dbt model that depends on one of the bronze `tables`, in order.

    With `tested`, a task before them says whether the tables are stale, and one behind them runs dbt's tests.
    """
    return DbtTaskGroup(
        group_id="models",
        project_config=PROJECT,
        profile_config=PROFILE,
        execution_config=EXECUTION,
        render_config=RenderConfig(
            select=[f"source:bronze.{table}+" for table in tables],
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.AFTER_ALL if tested else TestBehavior.NONE,
            # Warns and never stops; between a trade and its figures nobody waits for it.
            source_rendering_behavior=(
                SourceRenderingBehavior.WITH_TESTS_OR_FRESHNESS if tested else SourceRenderingBehavior.NONE
            ),
            emit_datasets=False,  # ours is declared where it is used, by its own name
        ),
        operator_args={"retries": 2, "retry_delay": timedelta(seconds=2), "dbt_cmd_flags": ["--no-write-json"]},
    )
