"""Restoring: never over data unless told, never from a damaged file, and wholly or not at all."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from scripts.launcher.home import PORTS, Home, free_port
from tests.backup.command import back_up, refusal, restore, run, snapshot
from tests.conftest import ROOT
from tests.support.platform import Platform

USER = "insert into public.users (email, password_hash) values (%s, 'hash')"
DATABASES = "select datname from pg_database where datname like %s order by 1"


def join(platform: Platform, name: str) -> None:
    with platform.connect("macrofolio_api") as connection:
        connection.execute(USER, [f"{name}@example.org"])


def people(platform: Platform) -> list[str]:
    with platform.connect("macrofolio_api") as connection:
        return [email for (email,) in connection.execute("select email from public.users order by 1")]


def databases(platform: Platform) -> list[str]:
    with platform.connect("postgres") as connection:
        return [name for (name,) in connection.execute(DATABASES, [f"{platform.database}%"])]


@pytest.fixture(scope="module")
def backup(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a database in which one person is."""
    join(platform, "old")
    return back_up(platform, tmp_path_factory.mktemp("backups"))


@pytest.fixture
def target(platform: Platform) -> Platform:
    """Where no database is yet, on the same server."""
    return replace(platform, database=f"restored_{secrets.token_hex(4)}")


@pytest.fixture
def lived_in(target: Platform, backup: Path) -> Platform:
    """A database that was restored once, and has had another person since."""
    restore(target, backup)
    join(target, "new")
    return target


# Everything that PostgreSQL runs while rows come in or an index is made.
TRAP = """
create function "default".trap(value int) returns int immutable language plpgsql as $$
begin
    if current_setting('is_superuser') = 'on' then
        raise exception 'run by %', current_user;
    end if;
    return value;
end
$$;
create domain "default".trapped as int check ("default".trap(value) is not null);
create table "default".trap (
    a int check ("default".trap(a) is not null),
    b int generated always as ("default".trap(a)) stored,
    c "default".trapped
);
create index on "default".trap ("default".trap(a));
create table "default".parts (a int) partition by list ("default".trap(a));
create table "default".part partition of "default".parts default;
create materialized view "default".seen as select "default".trap(a) from "default".parts;
create policy trap on "default".trap using ("default".trap(a) is not null);
alter table "default".trap enable row level security, force row level security;
insert into "default".trap (a, c) values (1, 1);
insert into "default".parts values (1);
refresh materialized view "default".seen;
"""


OWNERS_OF_MODELS = """
select distinct relowner::regrole::text from pg_class where relnamespace = '"default"'::regnamespace
"""
# PostgreSQL dumps it, and does not take it back.
SABOTAGE = """
create table "default".hidden (a int);
alter table "default".hidden enable row level security, force row level security;
create materialized view "default".seen as select a from "default".hidden;
create policy mine on "default".hidden using (true);
create type "default".thing as (a int);
create function "default".of_thing("default".thing) returns int language sql return 1;
create cast ("default".thing as int) with function "default".of_thing;
"""


@contextmanager
def made_by_dbt(platform: Platform, statements: LiteralString) -> Iterator[None]:
    """What is made stands in the schema of the models, for the length of the block."""
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(statements)
    try:
        yield
    finally:
        with platform.connect("macrofolio_owner") as connection:
            connection.execute('drop schema "default" cascade; create schema "default" authorization macrofolio_dbt')
            connection.execute('grant usage on schema "default" to macrofolio_reader')


@pytest.mark.threat(44)
def test_what_dbt_has_made_is_restored_with_its_own_rights(
    platform: Platform, target: Platform, tmp_path: Path
) -> None:
    with made_by_dbt(platform, TRAP):
        restore(target, back_up(platform, tmp_path))
    with target.connect("postgres") as connection:
        assert connection.execute('select a, b from "default".trap').fetchall() == [(1, 1)]
        assert connection.execute(OWNERS_OF_MODELS).fetchall() == [("macrofolio_dbt",)]


@pytest.mark.threat(44)
def test_what_dbt_has_made_cannot_keep_the_ledger_from_being_restored(
    platform: Platform, target: Platform, backup: Path, tmp_path: Path
) -> None:
    with made_by_dbt(platform, SABOTAGE):
        told = restore(target, back_up(platform, tmp_path))
    assert people(target) == ["old@example.org"]
    assert "the models could not be restored and will be rebuilt" in told
    with target.connect("postgres") as connection:
        assert connection.execute(OWNERS_OF_MODELS).fetchall() == []


def test_a_database_with_tables_is_replaced_only_when_told(lived_in: Platform, backup: Path) -> None:
    said = refusal(run(lived_in, backup.parent, "restore", str(backup)))
    assert "tables and views. Nothing was restored" in said
    assert "REPLACE=1" in said
    assert people(lived_in) == ["new@example.org", "old@example.org"]

    restore(lived_in, backup, "--replace")

    assert people(lived_in) == ["old@example.org"]
    assert databases(lived_in) == [lived_in.database, lived_in.airflow_database]


def test_a_file_is_found_by_its_name_in_the_folder_of_backups(target: Platform, backup: Path) -> None:
    done = run(target, backup.parent, "restore", backup.name)

    assert f"from {backup}: 1 accounts, 0 versions of transactions" in done.stdout
    assert people(target) == ["old@example.org"]


def test_a_file_that_is_not_there_is_named(target: Platform, tmp_path: Path) -> None:
    assert "no backup gone.dump" in refusal(run(target, tmp_path, "restore", "gone.dump"))


def test_a_file_with_one_other_byte_is_refused(lived_in: Platform, backup: Path, tmp_path: Path) -> None:
    for file in backup.parent.glob(f"{backup.name}*"):
        shutil.copy(file, tmp_path)
    damaged = tmp_path / backup.name
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)

    assert "its checksum differs" in refusal(run(lived_in, tmp_path, "restore", "--replace", str(damaged)))
    assert len(people(lived_in)) == 2


def test_half_a_file_is_refused_even_without_its_checksum(lived_in: Platform, backup: Path, tmp_path: Path) -> None:
    half = tmp_path / backup.name
    half.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])

    assert refusal(run(lived_in, tmp_path, "restore", "--replace", str(half))).startswith("pg_restore failed")
    assert len(people(lived_in)) == 2


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(lived_in: Platform, tmp_path: Path) -> None:
    for unreadable in (tmp_path / ("x" * 300), tmp_path / "folder.dump"):
        (tmp_path / "folder.dump").mkdir(exist_ok=True)
        said = refusal(run(lived_in, tmp_path, "restore", "--replace", str(unreadable)))

        assert said.startswith(("The backup can't be read: ", "There is no backup "))
        assert str(unreadable) in said
    assert len(people(lived_in)) == 2


def test_nothing_is_restored_while_somebody_uses_the_database(lived_in: Platform, backup: Path) -> None:
    with lived_in.connect("macrofolio_api"):
        said = refusal(run(lived_in, backup.parent, "restore", "--replace", str(backup)))

    assert "in use by macrofolio_api (1)" in said
    assert len(people(lived_in)) == 2


def test_a_backup_of_a_newer_version_leaves_what_is_there(
    platform: Platform, lived_in: Platform, backup: Path, tmp_path: Path
) -> None:
    with platform.connect("postgres") as connection:
        (known,) = connection.execute("select version_num from public.alembic_version").fetchone() or ("",)
        connection.execute("update public.alembic_version set version_num = '9999'")
    newer = back_up(platform, tmp_path)
    with platform.connect("postgres") as connection:
        connection.execute("update public.alembic_version set version_num = %s", [known])

    said = refusal(run(lived_in, tmp_path, "restore", "--replace", str(newer)))

    assert f"its schema is 9999, this version supports up to {known}" in said
    assert people(lived_in) == ["new@example.org", "old@example.org"]
    assert databases(lived_in) == [lived_in.database, lived_in.airflow_database]


def test_what_a_killed_restore_left_is_cleared_away(lived_in: Platform, backup: Path) -> None:
    with lived_in.connect("postgres", autocommit=True) as connection:
        for name in ("restoring", "replaced"):
            left = psycopg.sql.Identifier(f"{lived_in.database}_{name}")
            connection.execute(psycopg.sql.SQL("create database {}").format(left))

    restore(lived_in, backup, "--replace")

    assert databases(lived_in) == [lived_in.database, lived_in.airflow_database]


@pytest.fixture
def home() -> Iterator[Home]:
    """A home of the launcher's in which nothing was ever started."""
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-home-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as an unprivileged account
    home = Home(folder, {name: free_port() for name in PORTS})
    yield home
    home.postgres.stop()
    shutil.rmtree(folder)


def test_the_launcher_restores_into_a_new_home_and_backs_it_up(
    platform: Platform, home: Home, backup: Path, tmp_path: Path
) -> None:
    def launch(command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        own = {"MACROFOLIO_HOME": str(home.folder), "BACKUP_FOLDER": str(tmp_path)}
        ports = {name: str(port) for name, port in home.ports.items()}
        return subprocess.run(
            [sys.executable, "-m", "scripts.launcher.stack", command],
            env=os.environ | own | ports | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert "There is no database" in refusal(launch("backup"))
    assert "make restore FILE=" in refusal(launch("restore"))
    first = launch("restore", FILE=str(backup))
    assert first.returncode == 0, first.stdout + first.stderr
    assert "REPLACE=1" in refusal(launch("restore", FILE=str(backup)))
    assert launch("restore", FILE=str(backup), REPLACE="1").returncode == 0

    # as in a home that is older than the role that takes backups
    older = {name: secret for name, secret in home.secrets.items() if name != "BACKUP_DB_PASSWORD"}
    home.remember("secrets.json", older)
    saved = launch("backup")

    assert saved.returncode == 0, saved.stderr
    (file,) = tmp_path.glob("macrofolio-*.dump")
    again = replace(platform, database=f"again_{secrets.token_hex(4)}")
    restore(again, file)
    assert snapshot(again).rows == snapshot(platform).rows
