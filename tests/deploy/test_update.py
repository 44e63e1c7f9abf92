"""One command brings a machine to another version and back, and GitHub can name it a release and nothing else."""

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import env
from scripts.launcher.home import ROOT

# In the place of Docker: notes the version checked out and the words it was called with, eats what stands on its input.
DOCKER = """#!/bin/sh
cat > /dev/null
echo "$(cat version) $*" >> "$CALLS"
case "$*" in
  "compose ps --services --status running") cat "$RUNNING" ;;
  "compose build") while [ -e "$CALLS.wait" ]; do sleep 0.05; done; echo built ;;
esac
"""
BACKUP = "compose exec -T backup python -m backup create"
GIT = shutil.which("git") or "git"
STEPS = ["compose build", "compose up --detach --remove-orphans", "image prune --force"]


@dataclass(frozen=True)
class Machine:
    """A clone with two releases, v1.0.0 (checked out) and v1.1.0, and a branch `next`; and Docker's stand-in."""

    folder: Path
    calls_file: Path
    running: Path
    programs: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.programs),
            "CALLS": str(self.calls_file),
            "RUNNING": str(self.running),
        }

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / "deploy" / "update-macrofolio", *arguments],
            env=self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def update(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Its exit code, and what it says."""
        process = self.start(*arguments, **variables)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    @property
    def version(self) -> str:
        return (self.folder / "version").read_text()


def git(folder: Path, *arguments: str) -> None:
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run([GIT, *person, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    origin, folder, programs = tmp_path / "origin", tmp_path / "clone", tmp_path / "bin"
    for name in ("deploy/update-macrofolio", "scripts/__init__.py", "scripts/env.py", ".env.example", ".gitignore"):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, origin / name)
    git(origin, "init", "--quiet", "--initial-branch=main")
    for version, references in (("1.0", ["tag", "v1.0.0"]), ("1.1", ["tag", "v1.1.0"]), ("next", ["branch", "next"])):
        (origin / "version").write_text(version)
        # Every version has another updater, which is not the one that is asked.
        with (origin / "deploy" / "update-macrofolio").open("a") as script:
            script.write(f"echo the end of {version}\n")
        git(origin, "add", "--all")
        git(origin, "commit", "--quiet", "--message", version)
        git(origin, *references)
    git(tmp_path, "clone", "--quiet", "--branch", "v1.0.0", "origin", "clone")
    env.make(folder, host=None)
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    running = tmp_path / "running"
    running.write_text("\napi\nbackup\ndb\n")
    return Machine(folder, tmp_path / "calls", running, programs)


@pytest.fixture
def building(machine: Machine) -> Iterator[subprocess.Popen[str]]:
    """An update to v1.1.0 that is building the images until the test lets it go on."""
    waits = Path(f"{machine.calls_file}.wait")
    waits.touch()
    process = machine.start("v1.1.0")
    while "1.1 compose build" not in machine.calls:
        assert process.poll() is None
        time.sleep(0.02)
    yield process
    waits.unlink(missing_ok=True)
    process.wait(timeout=60)


def test_an_update_backs_up_first_and_then_starts_the_other_version(machine: Machine) -> None:
    code, said = machine.update("v1.1.0")

    assert code == 0, said
    assert said.startswith("From v1.0.0 to v1.1.0\n")
    assert machine.calls == [
        "1.0 compose ps --services --status running",
        f"1.0 {BACKUP}",
        *(f"1.1 {step}" for step in STEPS),
    ]
    assert "the end of" not in said


def test_the_way_back_is_the_same(machine: Machine) -> None:
    machine.update("v1.1.0")

    code, said = machine.update("v1.0.0")

    assert code == 0, said
    assert said.startswith("From v1.1.0 to v1.0.0\n")
    assert machine.calls[-4:] == [f"1.1 {BACKUP}", *(f"1.0 {step}" for step in STEPS)]


def test_a_secret_that_a_version_brings_is_made_before_it_starts(machine: Machine) -> None:
    missing, kept = machine.folder / "secrets" / "airflow_jwt_secret", machine.folder / "secrets" / "jwt_secret_key"
    missing.unlink()
    before = kept.read_text()

    _, said = machine.update("v1.1.0")

    assert "Added: secrets/airflow_jwt_secret." in said
    assert len(missing.read_text()) >= 32
    assert kept.read_text() == before


def test_without_backups_nothing_happens_unless_told(machine: Machine) -> None:
    machine.running.write_text("\napi\ndb\n")

    code, said = machine.update("v1.1.0")
    assert (code, machine.version) == (1, "1.0")
    assert "The service backup does not run: nothing was changed." in said

    code, said = machine.update("--without-backup", "v1.1.0")
    assert (code, machine.version) == (0, "1.1")
    assert [call for call in machine.calls if "exec" in call] == []


@pytest.mark.parametrize("step", [BACKUP, *STEPS[:2]])
def test_what_fails_is_the_end_of_it(machine: Machine, step: str) -> None:
    docker = machine.programs / "docker"
    docker.write_text(f'{docker.read_text()}[ "$*" != "{step}" ]\n')

    code, _ = machine.update("v1.1.0")

    assert code == 1
    assert machine.calls[-1].endswith(step)
    assert machine.version == ("1.0" if step == BACKUP else "1.1")


@pytest.mark.parametrize("version", ["next", "main", "v1.1.0-rc1"])
def test_by_hand_a_branch_or_another_tag_will_do_as_it_is_now(machine: Machine, version: str) -> None:
    origin = machine.folder.parent / "origin"
    (origin / "version").write_text("newer")
    git(origin, "commit", "--all", "--quiet", "--message", "newer")
    git(origin, *{"next": ("branch", "--force", "next"), "main": ("status",)}.get(version, ("tag", version)))

    code, said = machine.update(version)

    assert (code, machine.version) == (0, "newer"), said


@pytest.mark.parametrize(
    "asked",
    [
        [],
        [""],
        ["v1.1.0", "v1.0.0"],
        ["v1.1.0\n"],
        ["v1.1.0; id"],
        ["$(id)"],
        ["--upload-pack=id"],
        ["--without-backup"],
    ],
)
def test_what_is_no_version_is_refused(machine: Machine, asked: list[str]) -> None:
    code, said = machine.update(*asked)

    assert code == 1
    assert "names no version. Say update-macrofolio [--without-backup] v1.2.3" in said
    assert machine.calls == []


@pytest.mark.parametrize("asked", ["next", "v1.1", "--without-backup v1.1.0", "HEAD"])
def test_github_names_releases_alone(machine: Machine, asked: str) -> None:
    code, said = machine.update(asked, SUDO_USER="deploy")

    assert code == 1
    assert "names no version" in said
    assert machine.calls == []
    assert machine.update("v1.1.0", SUDO_USER="deploy")[0] == 0


@pytest.mark.parametrize("asked", ["v9.9.9", "nowhere", "a/../../heads/main"])
def test_a_version_that_is_not_there_changes_nothing(machine: Machine, asked: str) -> None:
    code, said = machine.update(asked)

    assert code == 1
    assert said == f"The repository has no version {asked}: nothing was changed.\n"
    assert (machine.calls, machine.version) == ([], "1.0")


def test_a_branch_with_the_name_of_a_release_is_none(machine: Machine) -> None:
    git(machine.folder.parent / "origin", "branch", "v2.0.0")

    code, said = machine.update("v2.0.0")

    assert code == 1
    assert "has no version v2.0.0" in said


def test_there_is_one_update_at_a_time(machine: Machine, building: subprocess.Popen[str]) -> None:
    code, said = machine.update("v1.0.0")

    assert code == 1
    assert f"Another update of {machine.folder} is under way" in said
    assert machine.version == "1.1"


def test_an_update_goes_on_when_whoever_asked_is_gone(machine: Machine, building: subprocess.Popen[str]) -> None:
    assert building.stdout
    building.stdout.close()
    building.send_signal(signal.SIGHUP)
    Path(f"{machine.calls_file}.wait").unlink()

    assert building.wait(timeout=60) == 0
    assert machine.calls[-1] == f"1.1 {STEPS[-1]}"


def test_what_is_checked_out_can_be_read_by_the_accounts_of_the_containers(machine: Machine) -> None:
    mask = os.umask(0o077)
    try:
        machine.update("v1.1.0")
    finally:
        os.umask(mask)

    assert stat.S_IMODE((machine.folder / "version").stat().st_mode) == 0o644
