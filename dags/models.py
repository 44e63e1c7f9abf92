"""The dbt models as Airflow tasks, one task each (Astronomer Cosmos); every DAG selects its part from here."""

import inspect
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, TaskGroup  # airflow first: importing cosmos before it is circular
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, SourceRenderingBehavior, TestBehavior

from dags.defaults import TASKS, WAITED_FOR
from dags.failures import report_warning
from dags.ledger_watch import LEDGER

DBT_PROJECT = Path(__file__).parent.parent / "dbt"
# Written when the models were deployed, so that parsing a DAG needs no dbt call.
MANIFEST = Path(os.environ.get("DBT_MANIFEST_PATH", DBT_PROJECT / "target" / "manifest.json"))

PROFILE = ProfileConfig(
    profile_name="macrofolio", target_name="platform", profiles_yml_filepath=DBT_PROJECT / "profiles.yml"
)
# Views show what stored models hold; published tables are written together with the series.
NOTHING_OF_THEIR_OWN = ("config.materialized:stable_view", "config.materialized:published")
# When a user waits, a run takes one batch of the changes that concern many users: the DAG that fetched them does the
# rest.
WIDE_CHANGES = {"wide_batches": 1}
_MADE: dict[tuple[str, int, int], DAG] = {}  # tasks are forked from a process that has read all DAGs
EXECUTION = ExecutionConfig(execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER)


def once(make: Callable[[], DAG]) -> DAG:
    """The DAG from `make`, rebuilt only if its file or the manifest has changed: every task reads its DAG file."""
    file = inspect.getfile(inspect.unwrap(make))
    key = (file, Path(file).stat().st_mtime_ns, MANIFEST.stat().st_mtime_ns)
    if key not in _MADE:
        _MADE[key] = make()
    return _MADE[key]


def models_downstream_of(*tables: str, somebody_waits: bool = False) -> TaskGroup:
    """Every dbt model that depends on one of the bronze `tables`, in order, grouped by layer.

    A first task checks whether the tables are stale, and a last one runs dbt's tests. Both are left out while somebody
    waits, and so are views: they show what the stored models hold.
    """
    time = (WAITED_FOR if somebody_waits else TASKS)["execution_timeout"]
    group = DbtTaskGroup(
        group_id="dbt",
        project_config=_project(time - timedelta(minutes=1), dict(WIDE_CHANGES) if somebody_waits else {}),
        profile_config=PROFILE,
        execution_config=EXECUTION,
        render_config=RenderConfig(
            select=[f"source:bronze.{table}+" for table in tables],
            exclude=["resource_type:exposure", *(NOTHING_OF_THEIR_OWN if somebody_waits else ())],
            load_method=LoadMode.DBT_MANIFEST,
            group_nodes_by_folder=True,
            test_behavior=TestBehavior.NONE if somebody_waits else TestBehavior.AFTER_ALL,
            source_rendering_behavior=(
                SourceRenderingBehavior.NONE if somebody_waits else SourceRenderingBehavior.WITH_TESTS_OR_FRESHNESS
            ),
            emit_datasets=False,  # declared below under our own names
        ),
        on_warning_callback=report_warning,
        operator_args={
            "trigger_rule": "none_failed",  # a skipped task blocks nothing
            "execution_timeout": time,
            # No artefacts, no second log, and no scan of the schema's tables before the one to build.
            "dbt_cmd_flags": ["--no-write-json", "--no-populate-cache", "--log-level-file", "none"],
        },
    )
    _wait_through_views(group)
    for task in tasks_of(group):
        task.manifest_filepath = ""  # else Cosmos copies it and reads it for OpenLineage, which nobody uses here
        _drop_implied_edges(task)
        _describe(task)
    return group


def _project(longest_statement: timedelta, variables: dict[str, Any]) -> ProjectConfig:
    return ProjectConfig(
        dbt_vars=variables,
        dbt_project_path=DBT_PROJECT,
        manifest_path=MANIFEST,
        install_dbt_deps=False,
        partial_parse=False,  # config/airflow_local_settings.py has parsed the project before the fork
        # A task that Airflow interrupts runs until its statement ends, so PostgreSQL has to end the statement.
        env_vars={"PGOPTIONS": f"-c statement_timeout={longest_statement // timedelta(milliseconds=1)}"},
    )


def tasks_of(group: TaskGroup) -> Iterator[Any]:
    """Every task in the group and its subgroups."""
    for child in group.children.values():
        yield from tasks_of(child) if isinstance(child, TaskGroup) else (child,)


def table(name: str) -> Asset:
    """The asset for a table or view of the platform, by its name with the schema.

    Only the ledger's asset has a watcher: Airflow drops the trigger if the same asset is also declared without one.
    """
    return LEDGER if name == LEDGER.name else Asset(name)


def _wait_through_views(group: DbtTaskGroup) -> None:
    """Make each task wait for those it reads through models without a task; Cosmos knows only direct readers."""
    nodes, tasks = group.dbt_graph.nodes, group.tasks_map

    def nearest(unique_id: str) -> Iterator[Any]:
        for parent in nodes[unique_id].depends_on if unique_id in nodes else ():
            yield from (tasks[parent],) if parent in tasks else nearest(parent)

    for unique_id, task in tasks.items():
        if parents := list(nearest(unique_id)):
            task.set_upstream(parents)


def _drop_implied_edges(task: Any) -> None:
    """Drop edges that other edges already imply: they would cross all over the graph."""
    implied = set().union(*(parent.get_flat_relative_ids(upstream=True) for parent in task.upstream_list))
    for parent in task.upstream_list:
        if parent.task_id in implied:
            task.upstream_task_ids.remove(parent.task_id)
            parent.downstream_task_ids.remove(task.task_id)


def _describe(task: Any) -> None:
    """Set a model task's description, inputs and outputs for Airflow's pages and asset graph."""
    node = task.extra_context.get("dbt_node_config", {})
    if node.get("resource_type") == "model":
        task.doc_md = _descriptions(MANIFEST.stat().st_mtime_ns)[node["unique_id"]]
        task.inlets = [table(_name(parent)) for parent in node["depends_on"] if not parent.startswith("seed.")]
        task.outlets = [table(f"default.{node['resource_name']}")]


@lru_cache(maxsize=1)  # a task re-reads its DAG, but not the manifest
def _descriptions(written_at: int) -> dict[str, str]:  # a new time means a new manifest
    nodes = json.loads(MANIFEST.read_text())["nodes"]
    return {unique_id: node["description"] for unique_id, node in nodes.items()}


def _name(unique_id: str) -> str:
    """The name in dbt's `source.macrofolio.bronze.raw_prices` or `model.macrofolio.int_positions`."""
    kind, *_, schema, name = unique_id.split(".")
    return f"{schema}.{name}" if kind == "source" else f"default.{name}"
