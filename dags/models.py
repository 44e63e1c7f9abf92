"""The dbt models as Airflow tasks, one task each (Astronomer Cosmos); every DAG takes its part from here."""

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
# Written when the models were deployed: parsing a DAG then costs no dbt call.
MANIFEST = Path(os.environ.get("DBT_MANIFEST_PATH", DBT_PROJECT / "target" / "manifest.json"))

PROFILE = ProfileConfig(
    profile_name="macrofolio", target_name="platform", profiles_yml_filepath=DBT_PROJECT / "profiles.yml"
)
# Views show what stored models hold, and published tables are written with the series.
NOTHING_OF_THEIR_OWN = ("config.materialized:stable_view", "config.materialized:published")
# Of what concerns many, a run that somebody waits for takes in one batch: the DAG that fetched it does the rest.
WIDE_CHANGES = {"wide_batches": 1}
_MADE: dict[tuple[str, int, int], DAG] = {}  # tasks are forked from a process that has read all DAGs
EXECUTION = ExecutionConfig(execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER)


def once(make: Callable[[], DAG]) -> DAG:
    """The DAG that `make` makes, anew only where its file or the manifest has changed: each task reads its file."""
    file = inspect.getfile(inspect.unwrap(make))
    key = (file, Path(file).stat().st_mtime_ns, MANIFEST.stat().st_mtime_ns)
    if key not in _MADE:
        _MADE[key] = make()
    return _MADE[key]


def models_downstream_of(*tables: str, somebody_waits: bool = False) -> TaskGroup:
    """Every dbt model that depends on one of the bronze `tables`, in order, grouped by layer.

    A task before them says whether the tables are stale, and one behind them runs dbt's tests. While somebody waits
    there are neither, and of the models only those that are stored: views show what these hold.
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
            emit_datasets=False,  # ours are declared below, by their own names
        ),
        on_warning_callback=report_warning,
        operator_args={
            "trigger_rule": "none_failed",  # what a DAG has skipped holds nothing up
            "execution_timeout": time,
            # No artefacts, no second log, and no look at every table of the schema before the one that is built.
            "dbt_cmd_flags": ["--no-write-json", "--no-populate-cache", "--log-level-file", "none"],
        },
    )
    _wait_through_views(group)
    for task in tasks_of(group):
        task.manifest_filepath = ""  # Cosmos would copy it, and read it for OpenLineage, which nobody listens to
        _drop_implied_edges(task)
        _describe(task)
    return group


def _project(longest_statement: timedelta, variables: dict[str, Any]) -> ProjectConfig:
    return ProjectConfig(
        dbt_vars=variables,
        dbt_project_path=DBT_PROJECT,
        manifest_path=MANIFEST,
        install_dbt_deps=False,
        partial_parse=False,  # the process that tasks are forked from has parsed: config/airflow_local_settings.py
        # A task that Airflow interrupts goes on for as long as its statement does: PostgreSQL has to end that.
        env_vars={"PGOPTIONS": f"-c statement_timeout={longest_statement // timedelta(milliseconds=1)}"},
    )


def tasks_of(group: TaskGroup) -> Iterator[Any]:
    """Every task of the group and of the groups in it."""
    for child in group.children.values():
        yield from tasks_of(child) if isinstance(child, TaskGroup) else (child,)


def table(name: str) -> Asset:
    """The asset that is a table or view of the platform, by its name with the schema.

    The ledger is the one with a watcher: Airflow takes the trigger away when the same asset stands somewhere without.
    """
    return LEDGER if name == LEDGER.name else Asset(name)


def _wait_through_views(group: DbtTaskGroup) -> None:
    """Let each task wait for those that it reads by way of models without a task; Cosmos knows direct readers only."""
    nodes, tasks = group.dbt_graph.nodes, group.tasks_map

    def nearest(unique_id: str) -> Iterator[Any]:
        for parent in nodes[unique_id].depends_on if unique_id in nodes else ():
            yield from (tasks[parent],) if parent in tasks else nearest(parent)

    for unique_id, task in tasks.items():
        if parents := list(nearest(unique_id)):
            task.set_upstream(parents)


def _drop_implied_edges(task: Any) -> None:
    """Drop the edges from what other parents wait for anyway: they would cross each other all over the graph."""
    implied = set().union(*(parent.get_flat_relative_ids(upstream=True) for parent in task.upstream_list))
    for parent in task.upstream_list:
        if parent.task_id in implied:
            task.upstream_task_ids.remove(parent.task_id)
            parent.downstream_task_ids.remove(task.task_id)


def _describe(task: Any) -> None:
    """What a model's task is about, and what it reads and writes, for Airflow's pages and its graph of assets."""
    node = task.extra_context.get("dbt_node_config", {})
    if node.get("resource_type") == "model":
        task.doc_md = _descriptions(MANIFEST.stat().st_mtime_ns)[node["unique_id"]]
        task.inlets = [table(_name(parent)) for parent in node["depends_on"] if not parent.startswith("seed.")]
        task.outlets = [table(f"default.{node['resource_name']}")]


@lru_cache(maxsize=1)  # a task reads its DAG anew, but not the manifest
def _descriptions(written_at: int) -> dict[str, str]:  # an older one is read no more
    nodes = json.loads(MANIFEST.read_text())["nodes"]
    return {unique_id: node["description"] for unique_id, node in nodes.items()}


def _name(unique_id: str) -> str:
    """Of dbt's `source.macrofolio.bronze.raw_prices` or `model.macrofolio.int_positions`."""
    kind, *_, schema, name = unique_id.split(".")
    return f"{schema}.{name}" if kind == "source" else f"default.{name}"
