"""FRED with and without a key, against recorded and made-up answers on loopback."""

import json
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from pydantic import SecretStr

from ingestion import bronze as database
from ingestion.config import IngestionSettings
from ingestion.errors import NoPricesError, ProviderUnavailableError
from ingestion.observations import load_series
from ingestion.records import Observation
from ingestion.runs import Run, recorded
from ingestion.sources import macro_source
from ingestion.sources.fred import FredApiSource, FredDownloadSource
from ingestion.sources.interface import MacroSource
from tests.ingestion.conftest import Answer, Bronze, FilesFolder, Provider, Request

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "wire" / "fred" / "observations-all-releases.json"
KEY = "abcdefghijklmnopqrstuvwxyz012345"
PAGE = 1000


@pytest.fixture
def with_key(provider: Provider) -> FredApiSource:
    """FRED's API on loopback."""
    return FredApiSource(SecretStr(KEY), provider.address + "/fred")


@pytest.fixture
def without_key(provider: Provider) -> FredDownloadSource:
    """FRED's download on loopback."""
    return FredDownloadSource(provider.address + "/graph/fredgraph.csv")


def pages(observations: list[dict[str, str]]) -> Callable[[Request], Answer]:
    """Answers observations as XML, PAGE at a time."""

    def answer(request: Request) -> Answer:
        start = int(request.query["offset"])
        rows = "".join(
            f"<observation {' '.join(f'{name}={quoteattr(value)}' for name, value in row.items())}/>"
            for row in observations[start : start + PAGE]
        )
        body = f'<?xml version="1.0"?><observations count="{len(observations)}">{rows}</observations>'
        return Answer(body.encode(), content_type="text/xml")

    return answer


def table(series_id: str, *rows: str) -> Callable[[Request], Answer]:
    """Answers a download."""
    return lambda _: Answer("\n".join((f"observation_date,{series_id}", *rows)).encode(), content_type="text/csv")


def load(source: MacroSource, series_id: str) -> Run:
    """Bring one series into bronze."""
    with (
        database.connect(IngestionSettings()) as connection,
        recorded(connection, Run("macro", series_id, source.name)) as run,
    ):
        load_series(connection, source, run)
    return run


def stored(bronze: Bronze) -> list[tuple[Any, ...]]:
    """What bronze holds of all series."""
    return bronze.rows(
        """
        select observation_date::text, value::float8, realtime_start::text, dated_by
        from bronze.raw_fred order by 1, 3
        """
    )


def test_every_recorded_vintage_arrives_over_all_pages(with_key: FredApiSource, provider: Provider) -> None:
    if not RECORDED.exists():
        pytest.skip(f"{RECORDED} is not on this machine")
    observations = json.loads(RECORDED.read_text())["body"]["observations"]
    provider.answer = pages(observations)

    series = with_key.series("GDP")

    assert [request.query["offset"] for request in provider.requests] == ["0", "1000", "2000", "3000"]
    assert len(series.observations) == sum(row["value"] != "." for row in observations)
    third_quarter = [row for row in series.observations if row.observation_date == date(2024, 7, 1)]
    assert third_quarter == [
        Observation(date(2024, 7, 1), Decimal("29349.924"), date(2024, 10, 30), "vintage"),
        Observation(date(2024, 7, 1), Decimal("29354.321"), date(2024, 11, 27), "vintage"),
        Observation(date(2024, 7, 1), Decimal("29374.914"), date(2024, 12, 19), "vintage"),
    ]


def test_values_older_than_the_archive_are_dated_by_the_publication_lag(
    with_key: FredApiSource, provider: Provider
) -> None:
    provider.answer = pages(
        [
            {"date": "1990-01-01", "value": "5.4", "realtime_start": "1996-12-12"},
            {"date": "1996-11-01", "value": "5.3", "realtime_start": "1996-12-12"},
            {"date": "1996-12-01", "value": ".", "realtime_start": "1997-01-10"},
            {"date": "1996-12-01", "value": "5.2", "realtime_start": "1997-01-11"},
        ]
    )

    assert [
        (row.observation_date, row.realtime_start, row.dated_by) for row in with_key.series("UNRATE").observations
    ] == [
        (date(1990, 1, 1), date(1990, 2, 5), "publication_lag"),
        (date(1996, 11, 1), date(1996, 12, 5), "publication_lag"),
        (date(1996, 12, 1), date(1997, 1, 11), "vintage"),
    ]


def test_daily_market_rates_are_asked_for_once(with_key: FredApiSource, provider: Provider) -> None:
    provider.answer = pages([{"date": "2024-01-02", "value": "-0.38"}, {"date": "2024-01-03", "value": "."}])

    assert with_key.series("T10Y2Y").observations == (
        Observation(date(2024, 1, 2), Decimal("-0.38"), date(2024, 1, 3), "publication_lag"),
    )
    assert "realtime_start" not in provider.requests[0].query


def test_without_a_key_a_changed_value_is_known_from_today_on(
    without_key: FredDownloadSource, provider: Provider, bronze: Bronze, folder: FilesFolder
) -> None:
    provider.answer = table("UNRATE", "2024-01-01,3.7", "2024-02-01,", "2024-03-01,3.8")
    assert load(without_key, "UNRATE").rows_changed == 2
    provider.answer = table("UNRATE", "2024-01-01,3.6", "2024-02-01,3.9", "2024-03-01,3.8")

    assert load(without_key, "UNRATE").rows_changed == 2
    today = datetime.now(UTC).date().isoformat()
    assert stored(bronze) == [
        ("2024-01-01", 3.7, "2024-02-05", "publication_lag"),
        ("2024-01-01", 3.6, today, "vintage"),
        ("2024-02-01", 3.9, "2024-03-05", "publication_lag"),
        ("2024-03-01", 3.8, "2024-04-05", "publication_lag"),
    ]
    assert load(without_key, "UNRATE").rows_changed == 0


def test_a_key_replaces_guessed_dates_by_vintages(
    without_key: FredDownloadSource, with_key: FredApiSource, provider: Provider, bronze: Bronze, folder: FilesFolder
) -> None:
    provider.answer = table("UNRATE", "2024-01-01,3.6")
    load(without_key, "UNRATE")
    provider.answer = pages(
        [
            {"date": "2023-12-01", "value": "3.8", "realtime_start": "2024-01-05"},
            {"date": "2024-01-01", "value": "3.7", "realtime_start": "2024-02-02"},
            {"date": "2024-01-01", "value": "3.6", "realtime_start": "2024-03-08"},
        ]
    )

    load(with_key, "UNRATE")

    assert stored(bronze) == [
        ("2023-12-01", 3.8, "2024-01-05", "vintage"),
        ("2024-01-01", 3.7, "2024-02-02", "vintage"),
        ("2024-01-01", 3.6, "2024-03-08", "vintage"),
    ]


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Answer(b'<error message="Bad Request.  The series does not exist."/>', 400), NoPricesError, "not exist"),
        (Answer(b'<error message="KEY is not registered."/>', 400), ProviderUnavailableError, "… is not registered"),
        (Answer(b"slow down", 429), ProviderUnavailableError, "refused with status 429"),
        (Answer(b"<html>KEY</html>", 500), ProviderUnavailableError, "refused with status 500: no reason given"),
        (Answer(b"<html>"), ProviderUnavailableError, "can't be read"),
        (Answer(b'<observations count="2"/>'), ProviderUnavailableError, "FRED sent 0 of 2 rows"),
    ],
)
def test_refusals_say_why_and_never_show_the_key(
    with_key: FredApiSource, provider: Provider, answer: Answer, error: type[Exception], sentence: str
) -> None:
    provider.answer = lambda _: Answer(answer.body.replace(b"KEY", KEY.encode()), answer.status, "text/xml")

    with pytest.raises(error, match=sentence) as caught:
        with_key.series("UNRATE")

    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in repr(with_key)


def test_nobody_listening_is_an_outage_with_and_without_a_key() -> None:
    provider = Provider()
    provider.server.server_close()

    with pytest.raises(ProviderUnavailableError, match=r"FRED can't be reached \(URLError\)") as caught:
        FredApiSource(SecretStr(KEY), provider.address).series("UNRATE")
    assert KEY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ProviderUnavailableError, match="FRED series UNRATE can't be reached"):
        FredDownloadSource(provider.address).series("UNRATE")


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Answer(b"<html>Maintenance</html>"), ProviderUnavailableError, "something else than UNRATE"),
        (Answer(b"observation_date,UNRATE\n2024-01-01,x\n"), ProviderUnavailableError, "can't be read"),
        (Answer(b"observation_date,UNRATE\n2024-01"), ProviderUnavailableError, "can't be read"),
        (Answer(b"", 404), NoPricesError, "FRED series UNRATE does not exist"),
    ],
)
def test_a_download_that_is_no_table_is_refused(
    without_key: FredDownloadSource, provider: Provider, answer: Answer, error: type[Exception], sentence: str
) -> None:
    provider.answer = lambda _: answer

    with pytest.raises(error, match=sentence):
        without_key.series("UNRATE")


def test_the_key_decides_how_fred_is_asked(folder: FilesFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACRO_SOURCE", "fred")
    monkeypatch.setenv("FRED_API_KEY", "")
    assert isinstance(macro_source(IngestionSettings()), FredDownloadSource)

    monkeypatch.setenv("FRED_API_KEY", KEY)
    source = macro_source(IngestionSettings())
    assert isinstance(source, FredApiSource)
    assert "FRENCHRF" not in source.series_ids()

    monkeypatch.setenv("FRED_API_KEY", KEY + "6")
    with pytest.raises(ValueError, match="32 small letters and digits") as caught:
        IngestionSettings()
    assert KEY not in str(caught.value)
