"""`python -m backup` on a database, as the launcher and the container call it, and what a database holds."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from backup.postgres import PROGRAMS
from tests.conftest import ROOT
from tests.support.platform import Platform

TABLES = """
select format('%I.%I', schemaname, tablename), schemaname, tablename
from pg_tables where schemaname in ('bronze', 'public', 'default') order by 1
"""
CHECKSUM = """select count(*), md5(coalesce(string_agg(rows::text, chr(10) order by rows::text collate "C"), ''))
from {} as rows"""
ROLES = """
select rolname, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin, rolbypassrls, rolconfig::text,
    array(select roleid::regrole::text from pg_auth_members where member = pg_roles.oid order by 1)
from pg_roles where rolname like 'macrofolio%' order by 1
"""
DATABASE = "select datdba::regrole::text, datacl::text from pg_database where datname = current_database()"


def environment(platform: Platform, folder: Path, **settings: str) -> dict[str, str]:
    return os.environ | platform.environment | {"BACKUP_FOLDER": str(folder)} | settings


def run(platform: Platform, folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backup", *arguments],
        env=environment(platform, folder, **settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def back_up(platform: Platform, folder: Path, **settings: str) -> Path:
    """The file of a new backup."""
    done = run(platform, folder, "create", **settings)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().removeprefix("Backed up to "))


def restore(platform: Platform, file: Path, *options: str) -> str:
    """What was told of the restored database."""
    done = run(platform, file.parent, "restore", *options, str(file))
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What was said on one line by a command that failed."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


@dataclass(frozen=True)
class Snapshot:
    """All that a database holds.

    Args:
        rows: How many rows each table has, and the checksum of them all.
        sequences: The last number that each has given.
        schema: Tables, functions, triggers, owners, grants and row security, as pg_dump writes them.
        roles: The platform's roles with their rights, limits and memberships, and who may enter the database.

    """

    rows: dict[str, tuple[int, str]]
    sequences: list[Any]
    schema: str
    roles: list[Any]


def snapshot(platform: Platform) -> Snapshot:
    with platform.connect("postgres") as connection:
        rows = {
            name: connection.execute(sql.SQL(CHECKSUM).format(sql.Identifier(schema, table))).fetchone()
            for name, schema, table in connection.execute(TABLES).fetchall()
        }
        sequences = connection.execute(
            "select schemaname, sequencename, last_value from pg_sequences order by 1, 2"
        ).fetchall()
        roles = connection.execute(ROLES).fetchall() + connection.execute(DATABASE).fetchall()
    return Snapshot(rows, sequences, _schema(platform), roles)  # type: ignore[arg-type]


def _schema(platform: Platform) -> str:
    """Its parts by their names: rights are told in the order in which their objects came to be."""
    login = {"PGHOST": "127.0.0.1", "PGPORT": str(platform.port), "PGPASSWORD": platform.passwords["postgres"]}
    dumped = subprocess.run(
        [PROGRAMS / "pg_dump", "--username=postgres", "--schema-only", "--restrict-key=same", platform.database],
        env=os.environ | login,
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n--\n-- Name: ".join(sorted(dumped.stdout.split("\n--\n-- Name: ")))
