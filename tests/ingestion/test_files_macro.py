"""Macro series out of a folder of files."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.errors import ProviderUnavailableError, UnknownSeriesError
from ingestion.macro import macro_refresh
from ingestion.macro.series import definition
from tests.ingestion.conftest import Bronze, FilesFolder

ROWS = "select series_id, observation_date, value, realtime_start, dated_by from bronze.raw_fred order by 1, 2, 4"


@pytest.mark.parametrize(
    ("series_id", "observed", "published"),
    [
        ("INDPRO", date(2024, 1, 1), date(2024, 2, 15)),
        ("CPILFESL", date(2024, 2, 1), date(2024, 3, 12)),  # 29 February + 12
        ("UNRATE", date(2023, 12, 1), date(2024, 1, 5)),
        ("GDPC1", date(2023, 10, 1), date(2024, 1, 30)),
        ("T10Y2Y", date(2024, 1, 2), date(2024, 1, 3)),
        ("KENYA_CPI", date(2024, 1, 1), date(2024, 3, 31)),  # unknown: 31 January + 60
    ],
)
def test_a_value_counts_as_known_from_its_publication_on(series_id: str, observed: date, published: date) -> None:
    assert definition(series_id).published_on(observed) == published


def test_series_are_dated_by_lag_or_by_their_own_vintages(folder: FilesFolder, bronze: Bronze) -> None:
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n2024-02-01,\n2024-03-01,3.8\n")
    folder.series(
        "GDPC1", "observation_date,value,realtime_start\n2024-01-01,100,2024-04-25\n2024-01-01,101.5,2024-05-30\n"
    )

    summary = macro_refresh.refresh_series()

    assert bronze.rows(ROWS) == [
        ("GDPC1", date(2024, 1, 1), 100, date(2024, 4, 25), "vintage"),
        ("GDPC1", date(2024, 1, 1), Decimal("101.5"), date(2024, 5, 30), "vintage"),
        ("UNRATE", date(2024, 1, 1), Decimal("3.7"), date(2024, 2, 5), "publication_lag"),
        ("UNRATE", date(2024, 3, 1), Decimal("3.8"), date(2024, 4, 5), "publication_lag"),
    ]
    assert (summary.subjects, summary.rows_changed, summary.rows_refused) == (2, 4, 0)
    assert macro_refresh.refresh_series().rows_changed == 0


def test_a_changed_file_corrects_adds_and_removes(folder: FilesFolder, bronze: Bronze) -> None:
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n2024-02-01,3.9\n")
    macro_refresh.refresh_series()
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.6\n2024-03-01,3.8\n")

    assert macro_refresh.refresh_series().rows_changed == 3
    assert bronze.rows("select observation_date::text, value::float8 from bronze.raw_fred order by 1") == [
        ("2024-01-01", 3.6),
        ("2024-03-01", 3.8),
    ]


def test_impossible_values_are_quarantined_and_one_bad_file_does_not_stop_the_others(
    folder: FilesFolder, bronze: Bronze
) -> None:
    folder.series("CPIAUCSL", "when,what\n")
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n2024-01-01,3.8\n2024-02-01,NaN\n")

    summary = macro_refresh.refresh_series()

    assert (summary.rows_changed, summary.rows_refused) == (1, 2)
    assert summary.failures == {
        "CPIAUCSL": "CPIAUCSL.csv, line 1: the header lacks observation_date, value. Nothing in the file was loaded."
    }
    assert bronze.outcomes() == [("CPIAUCSL", "malformed_file"), ("UNRATE", "loaded")]
    assert bronze.quarantine() == [
        ("UNRATE", date(2024, 1, 1), "observation", "duplicate"),
        ("UNRATE", date(2024, 2, 1), "observation", "not_a_number"),
    ]
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n2024-02-01,3.9\n")
    assert macro_refresh.refresh_series().rows_changed == 1
    assert bronze.quarantine() == []


def test_nothing_usable_at_all_fails_the_refresh_and_keeps_what_is_stored(folder: FilesFolder, bronze: Bronze) -> None:
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n")
    macro_refresh.refresh_series()
    folder.series("UNRATE", "something else\n")

    with pytest.raises(ProviderUnavailableError, match=r"UNRATE\.csv, line 1: the header lacks"):
        macro_refresh.refresh_series()

    assert bronze.rows("select count(*) from bronze.raw_fred") == [(1,)]


def test_only_the_series_that_were_named_are_asked_for(folder: FilesFolder, bronze: Bronze) -> None:
    for series_id in ("UNRATE", "INDPRO"):
        folder.series(series_id, "observation_date,value\n2024-01-01,3.7\n")

    summary = macro_refresh.refresh_series(only=["INDPRO", "INDPRO"])

    assert summary.subjects == 1
    assert {row[0] for row in bronze.rows(ROWS)} == {"INDPRO"}


def test_a_series_that_the_source_does_not_have_stops_the_back_fill_before_it_begins(
    folder: FilesFolder, bronze: Bronze
) -> None:
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n")

    with pytest.raises(UnknownSeriesError, match=r"files has no series GDPC1, NOPE\. Choose from UNRATE\."):
        macro_refresh.refresh_series(only=["UNRATE", "NOPE", "GDPC1"])
    assert bronze.rows(ROWS) == []
