"""FRED with and without a key, through the unmodified fredapi and the public download."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from ingestion.config import IngestionSettings
from ingestion.macro import macro_refresh
from ingestion.macro.observations import load_series
from ingestion.macro.series import SERIES
from ingestion.providers import macro_source
from ingestion.providers.fred import FredApiSource, FredDownloadSource
from ingestion.providers.interface import MacroSource
from ingestion.store import bronze as database
from ingestion.store.runs import Run, recorded
from tests.ingestion.conftest import Bronze
from tests.ingestion.replay.fred import KEY, Fred, published_once
from tests.ingestion.replay.proxy import Replay

pytestmark = pytest.mark.usefixtures("live")
WITH_KEY, WITHOUT_KEY = FredApiSource(SecretStr(KEY)), FredDownloadSource()
JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


def load(source: MacroSource, series_id: str, since: date | None = None) -> Run:
    """Bring one series into bronze."""
    with (
        database.connect(IngestionSettings()) as connection,
        recorded(connection, Run("macro", series_id, source.name)) as run,
    ):
        load_series(connection, source, run, since)
    return run


def stored(bronze: Bronze) -> list[tuple[Any, ...]]:
    """What bronze holds of all series."""
    return bronze.rows(
        """
        select observation_date::text, value::float8, realtime_start::text, dated_by
        from bronze.raw_fred order by 1, 3
        """
    )


def test_every_vintage_arrives_over_all_pages(fred: Fred, replay: Replay, bronze: Bronze) -> None:
    fred.page = 2
    fred.series["GDPC1"] = {
        date(2023, 10, 1): {date(2024, 1, 25): "100"},
        date(2024, 1, 1): {date(2024, 4, 25): "101", date(2024, 5, 30): "101.5", date(2024, 6, 27): "."},
        date(2024, 4, 1): {date(2024, 7, 25): "102.25"},
    }

    load(WITH_KEY, "GDPC1")

    assert stored(bronze) == [
        ("2023-10-01", 100, "2024-01-25", "vintage"),
        ("2024-01-01", 101, "2024-04-25", "vintage"),
        ("2024-01-01", 101.5, "2024-05-30", "vintage"),
        ("2024-04-01", 102.25, "2024-07-25", "vintage"),
    ]
    assert [request.query["offset"] for request in replay.asked("/series/observations")] == ["0", "2", "4"]


def test_values_older_than_the_archive_are_dated_by_the_publication_lag(fred: Fred, bronze: Bronze) -> None:
    archive = date(1996, 12, 12)
    fred.series["UNRATE"] = {
        date(1990, 1, 1): {archive: "5.4"},
        date(1996, 11, 1): {archive: "5.3"},
        date(1996, 12, 1): {date(1997, 1, 10): ".", date(1997, 1, 11): "5.2"},
    }

    load(WITH_KEY, "UNRATE")

    assert stored(bronze) == [
        ("1990-01-01", 5.4, "1990-02-05", "publication_lag"),
        ("1996-11-01", 5.3, "1996-12-05", "publication_lag"),
        ("1996-12-01", 5.2, "1997-01-11", "vintage"),
    ]


def test_only_later_vintages_are_asked_for_again(fred: Fred, replay: Replay, bronze: Bronze) -> None:
    fred.series["UNRATE"] = {
        JANUARY: {date(2024, 2, 2): "3.7", date(2024, 4, 5): "3.6"},
        FEBRUARY: {date(2024, 3, 8): "3.9"},
        MARCH: {date(2024, 4, 5): "3.8"},
    }
    fred.today = date(2024, 3, 8)
    assert load(WITH_KEY, "UNRATE").rows_changed == 2
    fred.today = date(2024, 4, 5)
    replay.requests.clear()

    run = load(WITH_KEY, "UNRATE")

    assert (run.asked_from, run.rows_changed) == (date(2024, 3, 8), 2)
    assert replay.asked("/series/observations")[0].query["realtime_start"] == "2024-03-08"
    assert stored(bronze) == [
        ("2024-01-01", 3.7, "2024-02-02", "vintage"),
        ("2024-01-01", 3.6, "2024-04-05", "vintage"),
        ("2024-02-01", 3.9, "2024-03-08", "vintage"),
        ("2024-03-01", 3.8, "2024-04-05", "vintage"),
    ]
    assert load(WITH_KEY, "UNRATE").rows_changed == 0
    assert load(WITH_KEY, "UNRATE", since=date(2024, 2, 20)).rows_changed == 0
    assert load(WITH_KEY, "UNRATE", since=date(1900, 1, 1)).rows_changed == 0


def test_what_disagrees_with_the_store_brings_every_vintage_again(fred: Fred, bronze: Bronze) -> None:
    fred.series["UNRATE"] = {JANUARY: {date(2024, 2, 2): "3.7"}, FEBRUARY: {date(2024, 3, 8): "3.9"}}
    load(WITH_KEY, "UNRATE")
    bronze.connection.execute("update bronze.raw_fred set value = 9.9 where observation_date = '2024-01-01'")
    fred.series["UNRATE"] = dict(fred.series["UNRATE"]) | {MARCH: {date(2024, 4, 5): "3.8"}}

    run = load(WITH_KEY, "UNRATE")

    assert (run.asked_from, run.rows_changed) == (None, 2)
    assert [row[1] for row in stored(bronze)] == [3.7, 3.9, 3.8]


def test_more_vintages_than_fred_gives_at_once_come_in_parts(fred: Fred, replay: Replay, bronze: Bronze) -> None:
    days = [date(2015, 1, 1) + timedelta(days=day) for day in range(2500)]
    fred.series["T10Y2Y"] = published_once({day: str(number / 100) for number, day in enumerate(days)}, lag=1)

    load(WITH_KEY, "T10Y2Y")

    assert len(replay.asked("/series/observations")) == 2
    assert bronze.rows("select count(*), sum(value)::float8 from bronze.raw_fred") == [(2500, sum(range(2500)) / 100)]
    wrong = "select count(*) from bronze.raw_fred where realtime_start <> observation_date + 1"
    assert bronze.rows(wrong) == [(0,)]


def test_without_a_key_a_changed_value_is_known_from_today_on(fred: Fred, bronze: Bronze) -> None:
    fred.series["UNRATE"] = published_once({JANUARY: "3.7", FEBRUARY: ".", MARCH: "3.8"})
    assert load(WITHOUT_KEY, "UNRATE").rows_changed == 2
    fred.series["UNRATE"] = published_once({JANUARY: "3.6", FEBRUARY: "3.9", MARCH: "3.8"})

    assert load(WITHOUT_KEY, "UNRATE").rows_changed == 2
    today = datetime.now(UTC).date().isoformat()
    assert stored(bronze) == [
        ("2024-01-01", 3.7, "2024-02-05", "publication_lag"),
        ("2024-01-01", 3.6, today, "vintage"),
        ("2024-02-01", 3.9, "2024-03-05", "publication_lag"),
        ("2024-03-01", 3.8, "2024-04-05", "publication_lag"),
    ]
    assert load(WITHOUT_KEY, "UNRATE").rows_changed == 0


def test_a_key_replaces_guessed_dates_by_vintages(fred: Fred, bronze: Bronze) -> None:
    fred.series["UNRATE"] = {
        date(2023, 12, 1): {date(2024, 1, 5): "3.8"},
        JANUARY: {date(2024, 2, 2): "3.7", date(2024, 3, 8): "3.6"},
    }
    load(WITHOUT_KEY, "UNRATE")
    assert [row[3] for row in stored(bronze)] == ["publication_lag", "publication_lag"]

    load(WITH_KEY, "UNRATE")

    assert stored(bronze) == [
        ("2023-12-01", 3.8, "2024-01-05", "vintage"),
        ("2024-01-01", 3.7, "2024-02-02", "vintage"),
        ("2024-01-01", 3.6, "2024-03-08", "vintage"),
    ]


@pytest.mark.parametrize("key", ["", KEY])
def test_a_refresh_brings_every_series_of_ours(
    fred: Fred, bronze: Bronze, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("FRED_API_KEY", key)
    ours = [series.series_id for series in SERIES if series.on_fred]
    fred.series = dict.fromkeys(ours, published_once({JANUARY: "1.5"}, lag=0))
    del fred.series["CFNAI"]

    summary = macro_refresh.refresh_series()

    assert (summary.subjects, summary.rows_changed, list(summary.failures)) == (len(ours), len(ours) - 1, ["CFNAI"])
    dated_by = "vintage" if key else "publication_lag"
    assert bronze.rows("select distinct value, dated_by from bronze.raw_fred") == [(Decimal("1.5"), dated_by)]
    assert ("CFNAI", "unknown_series") in bronze.outcomes()


def test_the_key_decides_how_fred_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(macro_source(IngestionSettings()), FredDownloadSource)

    monkeypatch.setenv("FRED_API_KEY", KEY)
    source = macro_source(IngestionSettings())
    assert isinstance(source, FredApiSource)
    assert "FRENCHRF" not in source.series_ids()

    monkeypatch.setenv("FRED_API_KEY", KEY + "6")
    with pytest.raises(ValueError, match="32 lowercase letters and digits") as caught:
        IngestionSettings()
    assert KEY not in str(caught.value)
