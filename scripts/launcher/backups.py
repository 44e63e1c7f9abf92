"""Backups of one stack, for `make backup` and `make restore`: with the services running, or with none of them.

The work is done by `python -m backup`, as in the container; this brings PostgreSQL up for it where it does not run.
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
    """Restore the backup FILE into a stack that is stopped, or was never started; over its data with REPLACE=1."""
    file = os.environ.get("FILE")
    if not file:
        raise LauncherError(f"Say which backup: make restore FILE=… They are in {folder(home)}.")
    if Supervisor(home).runs():
        raise LauncherError("Macrofolio runs, and would go on with what is replaced: make down, then restore again.")
    home.make_folders()
    home.postgres.initialise(home.secrets["POSTGRES_PASSWORD"])
    path = Path(file).expanduser()
    with _only_postgres(home):
        replace = ["--replace"] if os.environ.get("REPLACE") == "1" else []
        _run(home, RESTORE, *replace, str(path.resolve() if path.exists() else path))
    print("Start it with make up, which brings it to the newest schema; everybody's password is what it was.")


def folder(home: Home) -> Path:
    """Where the backups are: beside the home, so that `make reset` does not forget them too."""
    given = os.environ.get("BACKUP_FOLDER")
    return Path(given).expanduser().resolve() if given else home.folder.with_name(f"{home.folder.name}-backups")


def _back_up(home: Home) -> None:
    _run(home, MAKE_ROLES)  # the one that takes backups is younger than some homes
    _run(home, BACK_UP)


def _run(home: Home, step: Service, *arguments: str) -> None:
    given = {name: os.environ[name] for name in SETTINGS if os.environ.get(name)}
    environment = step.environment(home, {}) | given | {"BACKUP_FOLDER": str(folder(home))}
    done = subprocess.run([*step.argv(), *arguments], env=environment, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)  # it has said why


@contextlib.contextmanager
def _only_postgres(home: Home) -> Iterator[None]:
    """PostgreSQL without the services, until the block ends."""
    Supervisor(home).stop()  # what a killed launcher or supervisor may have left
    home.refuse_taken_ports("POSTGRES_PORT")
    log = home.logs / "postgres.log"
    server = home.postgres.start_detached(log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not home.postgres.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                raise LauncherError(f"PostgreSQL did not start: see {log}")
            time.sleep(0.1)
        yield
    finally:
        home.postgres.stop()
        server.wait(timeout=START_SECONDS)
