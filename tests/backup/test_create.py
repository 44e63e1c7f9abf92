"""Taking backups: whole or not at all, for one's own eyes, the newest kept, and by the clock."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from psycopg import sql

from tests.backup.command import back_up, environment, refusal, run
from tests.conftest import ROOT
from tests.support.platform import Platform, kill_all, wait_until

WAITING = "select count(*) from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'"


@contextmanager
def running(platform: Platform, folder: Path, command: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m backup` beside the test, and gone with its children when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backup", command],
        env=environment(platform, folder),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            started = psutil.Process(process.pid)
            kill_all([started, *started.children()])
        process.communicate(timeout=30)


def dumps(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.dump"))


def taken(platform: Platform, folder: Path, ago: timedelta) -> str:
    """A file as if a backup had been taken then; its name."""
    file = folder / f"{platform.database}-{datetime.now(UTC) - ago:%Y%m%dT%H%M%SZ}.dump"
    for path in (file, file.with_name(file.name + ".sha256")):
        path.write_text("old")
    return file.name


def test_a_backup_is_for_its_owners_eyes_and_has_a_checksum(platform: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "backups"

    backup = back_up(platform, folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    subprocess.run(["sha256sum", "--check", f"{backup.name}.sha256"], cwd=folder, check=True)  # noqa: S607  # coreutils


def test_the_newest_stay_and_what_is_not_a_backup_of_this_database(platform: Platform, tmp_path: Path) -> None:
    old = [taken(platform, tmp_path, timedelta(days=days)) for days in (3, 2, 1)]
    other = [
        taken(replace(platform, database="another"), tmp_path, timedelta(days=9)),
        f"{platform.database}-mine.dump",
    ]
    (tmp_path / other[1]).touch()

    backup = back_up(platform, tmp_path, BACKUP_KEEP="2")

    assert dumps(tmp_path) == sorted([*other, old[2], backup.name])
    assert not (tmp_path / f"{old[0]}.sha256").exists()


@pytest.mark.threat(53)
def test_what_is_no_backup_pushes_none_out(platform: Platform, tmp_path: Path) -> None:
    old = taken(platform, tmp_path, timedelta(days=1))
    ahead = taken(platform, tmp_path, -timedelta(days=30))
    empty, alone, link = (taken(platform, tmp_path, timedelta(minutes=minutes)) for minutes in (1, 2, 3))
    (tmp_path / empty).write_text("")
    (tmp_path / f"{alone}.sha256").unlink()
    (tmp_path / link).unlink()
    (tmp_path / link).symlink_to("nowhere")

    done = run(platform, tmp_path, "create", BACKUP_KEEP="2")

    made = Path(done.stdout.split()[-1]).name
    assert {old, made, ahead} <= set(dumps(tmp_path))
    assert f"{tmp_path / ahead} has a future date in its name" in done.stderr


def test_a_backup_that_fails_leaves_no_file_and_the_old_ones(platform: Platform, tmp_path: Path) -> None:
    old = taken(platform, tmp_path, timedelta(days=3))
    stranger = replace(platform, passwords=platform.passwords | {"macrofolio_backup": "not the password of anybody"})

    said = refusal(run(stranger, tmp_path, "create", BACKUP_KEEP="1"))

    assert said.startswith("pg_dump failed")
    assert "password authentication failed" in said
    assert dumps(tmp_path) == [old]


def test_a_database_that_was_never_migrated_is_no_backup(platform: Platform, tmp_path: Path) -> None:
    empty = replace(platform, database=f"{platform.database}_empty")
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(empty.database)))
    assert "the migrations have not run" in refusal(run(empty, tmp_path, "create"))
    assert dumps(tmp_path) == []


def test_one_that_is_killed_half_way_leaves_nothing_that_looks_good(platform: Platform, tmp_path: Path) -> None:
    with platform.connect("macrofolio_owner") as owner:
        owner.execute("lock table bronze.transactions in access exclusive mode")
        with running(platform, tmp_path, "create"), platform.connect("postgres", autocommit=True) as observer:
            wait_until(lambda: observer.execute(WAITING).fetchone() == (1,), "the dump is under way", seconds=30)
            meanwhile = refusal(run(platform, tmp_path, "create"))
    left = [path.name for path in tmp_path.glob(".*.unfinished")]

    assert "is in progress" in meanwhile
    assert (dumps(tmp_path), len(left)) == ([], 1)
    backup = back_up(platform, tmp_path)
    assert dumps(tmp_path) == [backup.name]
    assert list(tmp_path.glob(".*.unfinished")) == []


@pytest.mark.parametrize(
    ("setting", "value"), [("BACKUP_KEEP", "0"), ("BACKUP_EVERY", "PT1S"), ("BACKUP_DB_PASSWORD", "short")]
)
def test_a_setting_that_cannot_be_right_is_named(platform: Platform, tmp_path: Path, setting: str, value: str) -> None:
    assert refusal(run(platform, tmp_path, "create", **{setting: value})).startswith(f"{setting}: ")


def test_by_the_clock_one_is_taken_when_the_newest_is_old_enough(platform: Platform, tmp_path: Path) -> None:
    old = taken(platform, tmp_path, timedelta(hours=25))
    with running(platform, tmp_path, "schedule") as process:
        wait_until(lambda: len(dumps(tmp_path)) == 2, "one is taken", seconds=30)
        assert process.stdout is not None
        assert process.stdout.readline() == f"Backed up to {tmp_path / dumps(tmp_path)[1]}\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert dumps(tmp_path)[0] == old


def test_by_the_clock_none_is_taken_while_the_newest_is_young(platform: Platform, tmp_path: Path) -> None:
    young = taken(platform, tmp_path, timedelta(hours=23))
    with running(platform, tmp_path, "schedule") as process:
        sleeper = psutil.Process(process.pid)
        wait_until(lambda: _handles_sigterm(sleeper) and sleeper.status() == "sleeping", "it waits", seconds=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert dumps(tmp_path) == [young]


@pytest.mark.parametrize(("hours", "exit_code"), [(47, 0), (49, 1), (None, 1)])
def test_a_check_fails_when_the_newest_is_twice_as_old_as_it_should_be(
    platform: Platform, tmp_path: Path, hours: int | None, exit_code: int
) -> None:
    if hours:
        taken(platform, tmp_path, timedelta(hours=hours))

    assert run(platform, tmp_path, "check").returncode == exit_code


def _handles_sigterm(process: psutil.Process) -> bool:
    """True when the process catches SIGTERM, as the kernel knows it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_folder_that_cannot_be_written_is_named(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "set BACKUP_FOLDER to another" in refusal(run(platform, tmp_path / "file", "create"))
