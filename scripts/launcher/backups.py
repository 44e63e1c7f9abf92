"""Backups of one stack, for `make backup` and `make restore`: with all services running, or with none.

`python -m backup` does the work, as in the container; this module starts PostgreSQL for it if it is not running.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.launcher.home import ROOT, Home, LauncherError
from scripts.launcher.services import BACK_UP, MAKE_ROLES, RESTORE, Service
from scripts.launcher.supervision import Supervisor

START_SECONDS = 60.0
SETTINGS = ("BACKUP_KEEP", "BACKUP_FOLDER")


def back_up(home: Home) -> None:
    """Write a backup to BACKUP_FOLDER."""
    if Supervisor(home).runs():
        _back_up(home)
        return
    if not home.postgres.exists():
        raise LauncherError(f"There is no database in {home.folder} to back up. Start it with make demo or make up.")
    with _only_postgres(home):
        _back_up(home)


def restore(home: Home) -> None:
    """Restore the backup FILE into a stack that is stopped or new; with REPLACE=1, over existing data."""
    file = os.environ.get("FILE")
    if not file:
        raise LauncherError(f"Name the backup: make restore FILE=… Backups are in {folder(home)}.")
    if Supervisor(home).runs():
        raise LauncherError("Macrofolio is running. Run make down, then restore again.")
    home.make_folders()
    home.postgres.initialise(home.secrets["POSTGRES_PASSWORD"])
    path = Path(file).expanduser()
    with _only_postgres(home):
        replace = ["--replace"] if os.environ.get("REPLACE") == "1" else []
        _run(home, RESTORE, *replace, str(path.resolve() if path.exists() else path))
    print("Start it with make up, which migrates it to the newest schema. Passwords are unchanged.")


def folder(home: Home) -> Path:
    """Where the backups are: next to the home, so that `make reset` doesn't delete them too."""
    given = os.environ.get("BACKUP_FOLDER")
    return Path(given).expanduser().resolve() if given else home.folder.with_name(f"{home.folder.name}-backups")


def _back_up(home: Home) -> None:
    _run(home, MAKE_ROLES)  # older homes lack the role that takes backups
    _run(home, BACK_UP)


def _run(home: Home, step: Service, *arguments: str) -> None:
    given = {name: os.environ[name] for name in SETTINGS if os.environ.get(name)}
    environment = step.environment(home, {}) | given | {"BACKUP_FOLDER": str(folder(home))}
    done = subprocess.run([*step.argv(), *arguments], env=environment, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)  # it has printed the reason


@contextlib.contextmanager
def _only_postgres(home: Home) -> Iterator[None]:
    """PostgreSQL without the services, for the length of the block."""
    Supervisor(home).stop()  # left by a killed launcher or supervisor
    home.refuse_taken_ports("POSTGRES_PORT")
    log = home.logs / "postgres.log"
    server = home.postgres.start_detached(log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not home.postgres.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                raise LauncherError(f"PostgreSQL did not start. See {log}")
            time.sleep(0.1)
        yield
    finally:
        home.postgres.stop()
        server.wait(timeout=START_SECONDS)
