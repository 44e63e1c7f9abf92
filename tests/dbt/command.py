"""Runs dbt on the project with what was parsed once: in this process, or in one forked from it."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Platform

ROOT = Path(__file__).parent.parent.parent
# dbt puts every event into words, also those that nobody reads: a third of what a run costs. `run_dbt` tells failures.
SILENT = ("--log-level", "none", "--log-level-file", "none", "--no-write-json")
PROJECT = ("--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt"))


def run_dbt(
    platform: Platform, folder: Path, *arguments: str, after_each: Callable[[str], None] | None = None
) -> dict[str, str]:
    """`dbt <arguments>` on the platform's database; target and log in `folder`. Fails with dbt's words.

    With `after_each`, one node is run after the other, and it is told each one's name before the next begins. What it
    raises fails the run.

    Returns:
        How each node ended, by its name; what follows a run is left out.

    """
    from dbt.cli.main import dbtRunner

    def tell(event: Any) -> None:
        if after_each and event.info.name == "NodeFinished":
            after_each(event.data.node_info.node_name)

    one_by_one = ["--single-threaded"] if after_each else []
    with _settings(platform, folder):
        manifest = parsed_project(platform.database)
        done = dbtRunner(manifest, [tell]).invoke([*arguments, *one_by_one, *PROJECT, *SILENT])
    results = getattr(done.result, "results", None) or []
    failures = [f"{node.node.name}: {node.message}" for node in results if node.status in ("error", "fail")]
    assert done.success, "\n".join(map(str, (done.exception, *failures)))
    nodes = [node for node in results if hasattr(node, "node") and node.node.resource_type != "operation"]
    return {node.node.name: str(node.status) for node in nodes}


def start_dbt(platform: Platform, folder: Path, *arguments: str) -> ForkProcess:
    """The same in a process of its own, forked from one that has parsed, as Airflow forks a model's task."""
    with _settings(platform, folder):
        parsed_project(platform.database)
    run = get_context("fork").Process(target=run_dbt, args=(platform, folder, *arguments))
    run.start()
    return run


def variables(platform: Platform, folder: Path) -> dict[str, str]:
    """Environment variables that dbt reads."""
    return platform.environment | {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def parsed_project(database: str) -> Any:
    """The manifest of the project with its relations in this database, until another is asked for."""
    manifest = _parsed_project()
    for node in itertools.chain(manifest.nodes.values(), manifest.sources.values(), manifest.unit_tests.values()):
        if getattr(node, "relation_name", None):
            node.relation_name = node.relation_name.replace(f'"{node.database}".', f'"{database}".', 1)
        if hasattr(node, "database"):
            node.database = database
    return manifest


@cache
def _parsed_project() -> Any:
    """The manifest, parsed once for all databases: nothing but the names of its relations depends on one."""
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke(["parse", *PROJECT, *SILENT, "--no-partial-parse"])
    assert parsed.success, parsed.exception
    return parsed.result


@contextmanager
def _settings(platform: Platform, folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in variables(platform, folder).items():
            environment.setenv(name, value)
        yield
