"""Databases of a test server: one is migrated, all others are copies."""

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property

from psycopg import sql

from migrations.config import MigrationSettings
from migrations.roles import create_roles_and_databases
from scripts.launcher.home import ROOT
from tests.support.platform import Platform


@dataclass
class Databases:
    """Creates and drops databases; `server` is the maintenance database, which holds nothing of ours."""

    server: Platform

    def new(self, name: str) -> Platform:
        """A migrated database without rows."""
        return self.copy(self._migrated, name)

    def copy(self, original: Platform, name: str) -> Platform:
        """The same schema and rows under a name that starts with this one; nobody may be connected to the original."""
        copied = replace(original, database=f"{name[:40]}_{secrets.token_hex(4)}")
        statement = sql.SQL("create database {} template {} owner macrofolio_owner")
        self._administer(statement.format(sql.Identifier(copied.database), sql.Identifier(original.database)))
        # PostgreSQL doesn't copy the rights to connect.
        create_roles_and_databases(self._settings(copied))
        return copied

    def drop(self, platform: Platform) -> None:
        for name in (platform.database, platform.airflow_database):
            self._administer(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    @cached_property
    def _migrated(self) -> Platform:
        first = replace(self.server, database="migrated")
        subprocess.run([sys.executable, "-m", "migrations"], env=os.environ | first.environment, cwd=ROOT, check=True)
        return first

    def _settings(self, platform: Platform) -> MigrationSettings:
        return MigrationSettings.model_validate(
            {variable.lower(): value for variable, value in platform.environment.items()}
        )

    def _administer(self, statement: sql.Composed) -> None:
        with self.server.connect("postgres", autocommit=True) as connection:
            connection.execute(statement)
