"""One database with every story in it, built by one `dbt build` for all tests of the models."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.dbt import ledgers, stories
from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt
from tests.support.databases import Databases
from tests.support.platform import Platform


@dataclass(frozen=True)
class Marts:
    """Reads what was built, one story at a time."""

    platform: Platform

    def rows(self, model: str, story: str, order: str = "2") -> list[dict[str, Any]]:
        query = f'select * from "default".{model} where user_id = %s order by {order}'
        with self.platform.connect("macrofolio_dbt", row_factory=dict_row) as connection:
            return connection.execute(query, [user(story)]).fetchall()

    def row(self, model: str, story: str) -> dict[str, Any]:
        (row,) = self.rows(model, story)
        return row

    def days(self, story: str) -> dict[str, dict[str, Any]]:
        """The portfolio's days by ISO date."""
        return {row["as_of_date"].isoformat(): row for row in self.rows("gold_p_timeseries", story)}

    def holding(self, story: str, day: str) -> list[dict[str, Any]]:
        rows = self.rows("int_holding_values", story)
        return [row for row in rows if row["holding_date"] == date.fromisoformat(day)]


@pytest.fixture(scope="package")
def warehouse(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A migrated database with the stories and random ledgers, and the models built from them."""
    platform = databases.new("models")
    with platform.connect("postgres") as connection:
        stories.write(Bronze(connection))
        ledgers.write(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    return platform  # the server goes at the end of the session, and its databases with it


@pytest.fixture(scope="package")
def marts(warehouse: Platform) -> Marts:
    return Marts(warehouse)
