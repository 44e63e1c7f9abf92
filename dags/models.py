"""The dbt models as Airflow tasks, one task each (Astronomer Cosmos); every DAG takes its part from here."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, TaskGroup  # airflow first: importing cosmos before it is circular
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, SourceRenderingBehavior, TestBehavior

from dags.ledger_watch import LEDGER

DBT_PROJECT = Path(__file__).parent.parent / "dbt"

PROJECT = ProjectConfig(
    dbt_project_path=DBT_PROJECT,
    # Written when the models were deployed: parsing a DAG then costs no dbt call.
    manifest_path=Path(os.environ.get("DBT_MANIFEST_PATH", DBT_PROJECT / "target" / "manifest.json")),
    install_dbt_deps=False,
    partial_parse=False,  # the process that tasks are forked from has parsed already: config/airflow_local_settings.py
)
PROFILE = ProfileConfig(
    profile_name="macrofolio", target_name="platform", profiles_yml_filepath=DBT_PROJECT / "profiles.yml"
)
EXECUTION = ExecutionConfig(execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER)


def models_downstream_of(*tables: str, tested: bool) -> TaskGroup:
    """Every dbt model that depends on one of the bronze `tables`, in order, grouped by layer.

    With `tested`, a task before them says whether the tables are stale, and one behind them runs dbt's tests.
    """
    group = DbtTaskGroup(
        group_id="dbt",
        project_config=PROJECT,
        profile_config=PROFILE,
        execution_config=EXECUTION,
        render_config=RenderConfig(
            select=[f"source:bronze.{table}+" for table in tables],
            exclude=["resource_type:exposure"],
            load_method=LoadMode.DBT_MANIFEST,
            group_nodes_by_folder=True,
            test_behavior=TestBehavior.AFTER_ALL if tested else TestBehavior.NONE,
            # Warns and never stops; between a trade and its figures nobody waits for it.
            source_rendering_behavior=(
                SourceRenderingBehavior.WITH_TESTS_OR_FRESHNESS if tested else SourceRenderingBehavior.NONE
            ),
            emit_datasets=False,  # ours are declared below, by their own names
        ),
        operator_args={
            "trigger_rule": "none_failed",  # what a DAG has skipped holds nothing up
            # No artefacts, and no look at every table of the schema before the one that is built.
            "dbt_cmd_flags": ["--no-write-json", "--no-populate-cache"],
        },
    )
    for task in tasks_of(group):
        _declare_assets(task)
    return group


def tasks_of(group: TaskGroup) -> Iterator[Any]:
    """Every task of the group and of the groups in it."""
    for child in group.children.values():
        yield from tasks_of(child) if isinstance(child, TaskGroup) else (child,)


def table(name: str) -> Asset:
    """The asset that is a table or view of the platform, by its name with the schema.

    The ledger is the one with a watcher: Airflow takes the trigger away when the same asset stands somewhere without.
    """
    return LEDGER if name == LEDGER.name else Asset(name)


def _declare_assets(task: Any) -> None:
    """What a model's task reads and writes, for Airflow's graph of assets."""
    node = task.extra_context.get("dbt_node_config", {})
    if node.get("resource_type") == "model":
        task.inlets = [table(_name(parent)) for parent in node["depends_on"] if not parent.startswith("seed.")]
        task.outlets = [table(f"default.{node['resource_name']}")]


def _name(unique_id: str) -> str:
    """Of dbt's `source.macrofolio.bronze.raw_prices` or `model.macrofolio.int_trades`."""
    kind, *_, schema, name = unique_id.split(".")
    return f"{schema}.{name}" if kind == "source" else f"default.{name}"
