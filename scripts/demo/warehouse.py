"""A database for running models that counts what they cost PostgreSQL."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from scripts.launcher.home import ROOT, Home
from scripts.launcher.services import BIN, BUILD_MODELS
from scripts.launcher.throwaway_postgres import migrated_database

SERVER = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_planning=on", "fsync=off")
AFTER_A_CHANGE = ("transactions", "raw_prices", "raw_corporate_actions", "raw_assets")


@dataclass
class Warehouse:
    """A database with some users, and the cost of dbt runs in it."""

    home: Home
    administrator: psycopg.Connection[Any]

    def run_models(self, *selected: str) -> float:
        """Seconds PostgreSQL spent on one run of dbt, for all models or just those selected."""
        self.administrator.execute("select pg_stat_statements_reset()")
        environment = BUILD_MODELS.environment(self.home, {})
        command = [str(BIN / "dbt"), "build", "--quiet", "--exclude-resource-type", "test", "unit_test"]
        command += ["--select", *selected] if selected else []
        subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return self.value(
            """
            select sum(total_exec_time + total_plan_time) / 1000 from pg_stat_statements
            where userid = 'macrofolio_dbt'::regrole
            """
        )

    def value(self, query: str, values: dict[str, Any] | None = None) -> float:
        row = self.administrator.execute(query, values).fetchone()
        return float(row[0]) if row else 0.0

    def after(self, change: str, values: Sequence[int] = ()) -> float:
        """Seconds of a run after a change, for the models the DAGs would run then."""
        self.administrator.execute(change, values or None)
        return self.run_models(*(f"source:bronze.{table}+" for table in AFTER_A_CHANGE))

    def timed(self, statement: str) -> float:
        """Seconds of one statement, in PostgreSQL's own time."""
        self.administrator.execute("select pg_stat_statements_reset()")
        self.administrator.execute(statement)
        return self.value("select max(total_exec_time + total_plan_time) / 1000 from pg_stat_statements")


@contextmanager
def empty_warehouse() -> Iterator[Warehouse]:
    """A migrated database without data that counts what statements cost."""
    with migrated_database(*SERVER) as (home, administrator):
        administrator.execute("create extension pg_stat_statements")
        yield Warehouse(home, administrator)
