"""Runs dbt on the project: in this process with what was parsed once, or as the command of this environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.platform import Platform

ROOT = Path(__file__).parent.parent.parent
PROJECT = ("--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt"))


def run_dbt(platform: Platform, folder: Path, *arguments: str) -> None:
    """`dbt <arguments>` on the platform's database; target and log in `folder`. Fails with dbt's words."""
    from dbt.cli.main import dbtRunner

    with _settings(platform, folder):
        manifest = parsed_project(platform.database)
        done = dbtRunner(manifest=manifest).invoke([*arguments, *PROJECT, "--quiet", "--no-write-json"])
    results = getattr(done.result, "results", None) or []
    failures = [f"{node.node.name}: {node.message}" for node in results if node.status in ("error", "fail")]
    assert done.success, "\n".join(map(str, (done.exception, *failures)))


def start_dbt(platform: Platform, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The same in a process of its own, as a task of a DAG has it; its words come on stdout."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("dbt")), *arguments, *PROJECT, "--no-use-colors"],
        env=os.environ | variables(platform, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def variables(platform: Platform, folder: Path) -> dict[str, str]:
    """Environment variables that dbt reads."""
    return platform.environment | {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@cache
def parsed_project(database: str) -> Any:
    """The manifest of the project, which names the database, parsed once for all runs on it."""
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke(["parse", *PROJECT, "--quiet", "--no-write-json", "--no-partial-parse"])
    assert parsed.success, parsed.exception
    return parsed.result


@contextmanager
def _settings(platform: Platform, folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in variables(platform, folder).items():
            environment.setenv(name, value)
        yield
