"""What GitHub runs is what a developer runs, with no more rights than it needs."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
WRITERS = {"release": {"contents"}, "publish": {"pages", "id-token"}}


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    """The jobs that stand there, without those of another workflow that is called."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["jobs"]
    return {name: job for name, job in found.items() if "uses" not in job}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_write_only_what_it_is_there_for_and_ends(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    for name, job in jobs(path).items():
        assert 0 < job["timeout-minutes"] <= 75, name
        rights = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert rights == WRITERS.get(name, set()), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_checkout_leaves_no_credentials_behind(path: Path) -> None:
    steps = [step for job in jobs(path).values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_script_reads_values_from_its_environment_not_from_a_template(path: Path) -> None:
    scripts = [step["run"] for job in jobs(path).values() for step in job["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_the_suite_runs_on_every_supported_python() -> None:
    legs = jobs(ROOT / ".github/workflows/ci.yml")["everything"]["strategy"]["matrix"]["include"]
    assert {leg["python"]: leg["tests"] for leg in legs} == {
        "3.11": "test-quick",
        "3.12": "test-quick",
        "3.13": "coverage",  # which is the whole
    }
    assert {leg["tests"] for leg in legs} <= TARGETS


def test_every_image_of_the_deployment_is_built_and_scanned() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    builds = [service["build"] for service in compose["services"].values() if "build" in service]
    builds += [compose["x-proxy"]["build"]]
    matrix = jobs(ROOT / ".github/workflows/ci.yml")["images"]["strategy"]["matrix"]
    assert set(matrix["image"]) == {build["args"]["EXTRA"] for build in builds if "args" in build}
    assert {*matrix["target"], *(extra["target"] for extra in matrix["include"])} == {b["target"] for b in builds}


def test_nothing_is_released_that_the_checks_did_not_pass() -> None:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    ci = yaml.load((ROOT / ".github/workflows/ci.yml").read_text(), Loader=yaml.BaseLoader)  # noqa: S506  # `on` is true to the others
    assert release["ci"]["uses"] == "$/.github/workflows/ci.yml"
    # Where a deployment is started by hand, there is no release to make before.
    assert release["ci"]["if"] == release["release"]["if"] == "github.event_name == 'push'"
    assert (release["release"]["needs"], release["deploy"]["needs"]) == ("ci", "release")
    assert "workflow_call" in ci["on"]


@pytest.fixture
def deploy() -> dict[str, Any]:
    return jobs(ROOT / ".github/workflows/release.yml")["deploy"]


def test_nothing_is_deployed_unless_it_was_turned_on_and_the_machine_is_known(deploy: dict[str, Any]) -> None:
    script = deploy["steps"][0]["run"]
    assert deploy["if"] == "vars.DEPLOY == 'true' && !failure() && !cancelled()"
    assert deploy["environment"] == "production"
    assert "StrictHostKeyChecking=yes" in script
    assert "set -x" not in script


@pytest.mark.parametrize("tag", ["v1.2.3", "main", "v1.2.3-rc1", "v1.2.3; id", ""])
def test_a_release_is_all_that_is_asked_of_the_machine(deploy: dict[str, Any], tmp_path: Path, tag: str) -> None:
    ssh, asked = tmp_path / "ssh", tmp_path / "asked"
    ssh.write_text(f'#!/bin/sh\nfor word; do echo "$word"; done > "{asked}"\n')
    ssh.chmod(0o755)
    given = {"TAG": tag, "TARGET": "deploy@example.org", "SSH_KEY": "key", "KNOWN_HOSTS": "hosts"}
    given |= {"RUNNER_TEMP": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}

    done = subprocess.run(["/bin/bash", "-e", "-c", deploy["steps"][0]["run"]], env=given, check=False)

    assert set(deploy["steps"][0]["env"]) == given.keys() - {"RUNNER_TEMP", "PATH"}
    assert done.returncode == (0 if tag == "v1.2.3" else 1)
    assert asked.exists() == (tag == "v1.2.3")
    if asked.exists():
        assert asked.read_text().splitlines()[-2:] == ["deploy@example.org", "v1.2.3"]
    assert not (tmp_path / "key").exists() or (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_only_a_tag_that_is_pushed_makes_a_release() -> None:
    release = jobs(ROOT / ".github/workflows/release.yml")["release"]
    assert release["if"] == "github.event_name == 'push'"


def test_a_commit_runs_the_tools_of_the_locked_environment_only() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repository in configuration["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in configuration["repos"]} == {"local"}
    assert [hook["id"] for hook in hooks if not hook["entry"].startswith(".venv/bin/")] == []
    assert {"ruff", "ruff-format", "mypy", "sqlfluff", "yamllint", "zizmor"} <= {hook["id"] for hook in hooks}
