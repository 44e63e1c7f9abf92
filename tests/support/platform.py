"""A running database as tests see it, waiting for conditions, and ending processes."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg

ROLES = {
    "postgres": "POSTGRES_PASSWORD",
    "macrofolio_owner": "OWNER_DB_PASSWORD",
    "macrofolio_api": "API_DB_PASSWORD",
    "macrofolio_reader": "READER_DB_PASSWORD",
    "macrofolio_ingestion": "INGESTION_DB_PASSWORD",
    "macrofolio_dbt": "DBT_DB_PASSWORD",
    "macrofolio_airflow": "AIRFLOW_DB_PASSWORD",
    "macrofolio_backup": "BACKUP_DB_PASSWORD",
}


@dataclass(frozen=True)
class Platform:
    """One platform database on 127.0.0.1; `passwords` covers every role in ROLES."""

    port: int
    database: str
    passwords: dict[str, str]

    @property
    def airflow_database(self) -> str:
        return f"{self.database}_airflow"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point any of our services at this database."""
        return {
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.port),
            "POSTGRES_DB": self.database,
            "AIRFLOW_DB": self.airflow_database,
        } | {variable: self.passwords[role] for role, variable in ROLES.items()}

    def connect(self, role: str, **options: Any) -> psycopg.Connection[Any]:
        """Log in as one of ROLES."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=self.database,
            user=role,
            password=self.passwords[role],
            connect_timeout=5,
            **options,
        )

    def answers(self) -> bool:
        """True when the server accepts a login."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def wait_until(condition: Callable[[], bool], sentence: str, seconds: float) -> None:
    """Return once `condition` holds; fail with `sentence` if it doesn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:g} s in vain until: {sentence}")
        time.sleep(0.05)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill them at once, like a power cut; some may have ended because others did."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
