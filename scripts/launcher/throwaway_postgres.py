"""A temporary PostgreSQL: started, migrated, and removed afterwards."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from scripts.launcher.home import PORTS, ROOT, Home, free_port
from scripts.launcher.services import MIGRATE

START_SECONDS = 30


@contextmanager
def migrated_database(*settings: str) -> Iterator[tuple[Home, psycopg.Connection[Any]]]:
    """A home with a running, migrated PostgreSQL with `settings` (name=value), and an administrator's connection."""
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-throwaway-"))
    folder.chmod(0o755)  # PostgreSQL started by root runs as an unprivileged account
    home = Home(folder, {name: free_port() for name in PORTS})
    home.postgres.initialise(home.secrets["POSTGRES_PASSWORD"])
    server = home.postgres.start_detached(folder / "postgres.log", *settings)
    try:
        _wait_for_postgres(home)
        environment = MIGRATE.environment(home, {})
        subprocess.run(MIGRATE.argv(), env=environment, cwd=ROOT, check=True)
        with psycopg.connect(**_superuser(home), dbname="macrofolio", autocommit=True) as administrator:
            yield home, administrator
    finally:
        home.postgres.stop()
        server.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


def _superuser(home: Home) -> Mapping[str, Any]:
    password = home.secrets["POSTGRES_PASSWORD"]
    return {"host": "127.0.0.1", "port": home.ports["POSTGRES_PORT"], "user": "postgres", "password": password}


def _wait_for_postgres(home: Home) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(**_superuser(home), dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
