"""Somebody with marts that hold their trades, and fetches that end as a test needs."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from apiflask import APIFlask

from ingestion.errors import IngestionError
from ingestion.records import Refusal
from ingestion.store.runs import Run, recorded, storing
from tests.auth_service.conftest import Person, answer, forget_models, join
from tests.dbt.command import run_dbt
from tests.support.platform import Platform

# What the macro models make of decades of series, in three spans.
MACRO = """
insert into "default".gold_macro_context (kind, name, valid_from, valid_to, value) values
    ('regime', 'goldilocks', '2020-01-01', '2020-06-30', null),
    ('regime', 'reflation', '2020-07-01', '2020-12-31', null),
    ('indicator', 'inflation', '2020-06-01', '2020-06-30', 1.5)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def investor(app: APIFlask, platform: Platform, folder: Path) -> Iterator[Person]:
    """Somebody who bought one VTI at 100 on 2024-01-02, with marts that contain it; then the models are gone again."""
    person = join(app)
    answer(person.trade("BUY", "1"), 201)
    run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test")
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(MACRO)
    yield person
    forget_models(platform, "test")


def fetch_prices(platform: Platform, ticker: str, error: IngestionError | None = None) -> None:
    """A fetch that ends so, or well but for one refused bar, in the diary of fetches."""
    run = Run("prices", ticker, "files", refusals=[Refusal(date(2024, 1, 4), "bar", "zero", {})])
    with platform.connect("macrofolio_ingestion") as connection, suppress(IngestionError), recorded(connection, run):
        if error is not None:
            raise error
        with storing(connection, run):
            pass
