"""A source that is asked for a window only: what makes it ask for everything again."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ingestion.config import IngestionSettings
from ingestion.errors import NoPricesError, ProviderUnavailableError
from ingestion.prices.history import load_whole, refresh
from ingestion.providers.files import FilesSource
from ingestion.providers.interface import PriceSource
from ingestion.store import bronze as database
from ingestion.store.runs import Run, recorded
from tests.ingestion.conftest import Bronze, FilesFolder

DAYS = {f"2024-01-{day:02}": 100 + day for day in range(1, 32)}
Load = Callable[[database.Connection, PriceSource, Run], None]


def run(load: Load, folder: FilesFolder) -> Run:
    """Load ACME from the folder as from a provider whose last four days are asked for again."""
    source = FilesSource(folder.path, overlap=timedelta(days=4))
    with (
        database.connect(IngestionSettings()) as connection,
        recorded(connection, Run("prices", "ACME", source.name)) as done,
    ):
        load(connection, source, done)
    return done


@pytest.fixture
def loaded(folder: FilesFolder, bronze: Bronze) -> FilesFolder:
    """January of ACME, in the folder and in bronze."""
    folder.asset("ACME")
    folder.closes("ACME", DAYS)
    assert run(load_whole, folder).rows_changed == 31
    return folder


def test_a_new_bar_needs_only_the_window(loaded: FilesFolder, bronze: Bronze) -> None:
    # What lies before the window is not even looked at.
    loaded.closes("ACME", DAYS | {"2024-01-05": 1, "2024-02-01": 132})

    done = run(refresh, loaded)

    assert (done.asked_from, done.rows_received, done.rows_changed) == (date(2024, 1, 27), 6, 1)
    assert bronze.closes("ACME") == DAYS | {"2024-02-01": 132}


def test_a_restated_day_in_the_window_brings_the_whole_history_again(loaded: FilesFolder, bronze: Bronze) -> None:
    restated = {day: close / 2 for day, close in DAYS.items()}
    loaded.closes("ACME", restated)

    done = run(refresh, loaded)

    assert (done.asked_from, done.rows_changed) == (None, 31)
    assert bronze.closes("ACME") == restated


def test_a_new_split_in_the_window_brings_the_whole_history_again(loaded: FilesFolder, bronze: Bronze) -> None:
    # The overlap is not restated yet, older days are.
    after = DAYS | {"2024-01-05": 52.5, "2024-02-01": 66}
    loaded.closes("ACME", after, splits={"2024-02-01": 2})

    done = run(refresh, loaded)

    assert (done.asked_from, done.rows_changed) == (None, 3)
    assert bronze.closes("ACME") == after
    assert run(refresh, loaded).asked_from == date(2024, 1, 28), "a split that is stored is no news"


def test_another_rounding_is_not_a_restatement(loaded: FilesFolder, bronze: Bronze) -> None:
    loaded.closes("ACME", DAYS | {"2024-01-31": "131.0001"})

    assert run(refresh, loaded).rows_changed == 0
    assert bronze.closes("ACME") == DAYS

    # 131.0002 / 131 - 1 is 1.5e-6.
    loaded.closes("ACME", DAYS | {"2024-01-31": "131.0002"})
    assert run(refresh, loaded).asked_from is None
    assert bronze.closes("ACME") == DAYS | {"2024-01-31": 131.0002}


def test_a_provisional_bar_is_replaced_without_a_stir(loaded: FilesFolder, bronze: Bronze) -> None:
    bronze.connection.execute(
        "update bronze.raw_prices set close = 99, is_provisional = true where price_date = '2024-01-31'"
    )

    done = run(refresh, loaded)

    assert (done.asked_from, done.rows_changed) == (date(2024, 1, 27), 1)
    assert bronze.closes("ACME") == DAYS
    assert bronze.rows("select count(*) from bronze.raw_prices where is_provisional") == [(0,)]


def test_a_history_cut_short_changes_nothing(loaded: FilesFolder, bronze: Bronze) -> None:
    loaded.closes("ACME", {"2024-01-30": 60, "2024-01-31": 61})

    with pytest.raises(ProviderUnavailableError, match="lacks 29 of 31 stored days"):
        run(refresh, loaded)

    assert bronze.closes("ACME") == DAYS


def test_a_ticker_that_ceased_to_trade_keeps_its_prices(loaded: FilesFolder, bronze: Bronze) -> None:
    loaded.closes("ACME", {"2024-01-05": 105})

    with pytest.raises(NoPricesError, match="no usable price for it since 2024-01-27"):
        run(refresh, loaded)

    assert bronze.closes("ACME") == DAYS
    assert bronze.outcomes() == [("ACME", "loaded"), ("ACME", "no_data")]
