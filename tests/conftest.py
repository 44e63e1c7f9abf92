"""Real parts for every test: one embedded PostgreSQL for the session, one migrated database for each test module."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scripts.embedded_postgres import EmbeddedPostgres
from scripts.home import free_port
from tests.platform import ROLES, Platform, wait_until

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Platform]:
    """A PostgreSQL cluster of the session's own, with a password for every role; no database of ours in it yet."""
    home = Path(tempfile.mkdtemp(prefix="macrofolio-test-"))
    home.chmod(0o755)  # root's server runs as an unprivileged account
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    server = EmbeddedPostgres(home, free_port())
    server.initialise(passwords["postgres"])
    # What tests write need not survive a power cut.
    process = server.start_detached(home / "postgres.log", "fsync=off")
    platform = Platform(port=server.port, database="postgres", passwords=passwords)
    try:
        wait_until(platform.answers, "PostgreSQL answers", seconds=30)
        yield platform
    finally:
        server.stop()
        process.wait(timeout=30)
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def platform(postgres_server: Platform, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A freshly migrated database for one test module, and the environment that points a service at it."""
    name = request.module.__name__.rpartition(".")[2][:40] + "_" + secrets.token_hex(4)
    platform = Platform(port=postgres_server.port, database=name, passwords=postgres_server.passwords)
    subprocess.run([sys.executable, "-m", "migrations"], env=os.environ | platform.environment, cwd=ROOT, check=True)
    yield platform
    with postgres_server.connect("postgres", autocommit=True) as connection:
        for database in (name, platform.airflow_database):
            connection.execute(
                psycopg.sql.SQL("drop database {} with (force)").format(psycopg.sql.Identifier(database))
            )
