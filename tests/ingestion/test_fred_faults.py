"""What FRED can do to us: each fault has an outcome and an end in time, and none of them shows the key."""

import time
import traceback
from dataclasses import replace

import pytest
from pydantic import SecretStr

from ingestion.errors import GarbageError, ProviderUnavailableError
from ingestion.macro import macro_refresh
from ingestion.macro.series import SERIES
from ingestion.providers import fred as fred_source
from ingestion.providers import http
from ingestion.providers.fred import FredApiSource, FredDownloadSource
from tests.ingestion.conftest import Bronze
from tests.ingestion.replay.fred import KEY, Fred, published_once
from tests.ingestion.replay.proxy import Answer, Fault, Replay
from tests.ingestion.test_fred import FEBRUARY, JANUARY

pytestmark = pytest.mark.usefixtures("live")
TABLE = b"observation_date,INDPRO\n2024-01-01,1\n"
NOT_REGISTERED = b'<error code="400" message="Bad Request. The value for variable api_key is not registered."/>'
FAULTS = [
    (Answer(b"slow down", 429, {"Retry-After": "3600"}), "rate_limited", 1),
    (Answer(b"<html>KEY</html>", 500), "provider_down", 2),
    (Answer(b"<html>Maintenance of KEY</html>"), "garbage", 2),
    (Answer(b""), "garbage", 2),
    (Answer(TABLE, broken_off_after=30), "garbage", 2),
    (Answer(TABLE, never=True), "provider_down", None),
    (Answer(TABLE * 100, drips=True), "provider_down", None),
    (Answer(b"", 302, {"Location": "https://stranger.example/KEY"}), "garbage", 2),
    (Answer(b"", 302, {"Location": "file:///etc/passwd"}), "garbage", 2),
]
WITH_KEY_ONLY = [
    (Answer(b'<error message="KEY is broken"/>', 503), "provider_down", 2),
    (Answer(NOT_REGISTERED, 400), "bad_key", 1),
    (Answer(b'<error message="Bad Request. KEY is no api_key."/>', 400), "bad_key", 1),
    (Answer(b'<observations count="2"/>'), "garbage", 4),
    (Answer(b'<observations count="1"><observation date="x"/></observations>'), "garbage", 2),
    (Answer(b'<vintage_dates count="1"><vintage_date>x</vintage_date></vintage_dates>'), "garbage", 2),
]
WITHOUT_KEY_ONLY = [
    (Answer(b"observation_date,INDPRO\n2024-01-01,x\n"), "garbage", 2),
    (Answer(b"observation_date,INDPRO\n2024-01"), "garbage", 2),
    (Answer(b"observation_date,OTHER\n2024-01-01,1\n"), "garbage", 2),
    (Answer(b"observation_date,INDPRO\n"), "no_data", 1),
    (Answer(b"", 404), "unknown_series", 1),
]


@pytest.fixture
def only_one_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """INDPRO alone."""
    monkeypatch.setattr(fred_source, "SERIES", [series for series in SERIES if series.series_id == "INDPRO"])


def everything_said(error: BaseException | None) -> str:
    """The error's traceback and every error that it hangs on, shown or not."""
    said = []
    while error is not None:
        said += [*traceback.format_exception(error), repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__
    return "".join(said)


@pytest.mark.usefixtures("only_one_series", "fred")
@pytest.mark.parametrize(
    ("key", "answer", "outcome", "asked"),
    [(KEY, *fault) for fault in FAULTS + WITH_KEY_ONLY] + [("", *fault) for fault in FAULTS + WITHOUT_KEY_ONLY],
)
def test_each_fault_ends_in_its_own_outcome_and_the_key_is_nowhere(  # noqa: PLR0913, PLR0917
    replay: Replay,
    bronze: Bronze,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str,
    answer: Answer,
    outcome: str,
    asked: int | None,
) -> None:
    monkeypatch.setenv("FRED_API_KEY", key)
    headers = {name: value.replace("KEY", KEY) for name, value in answer.headers.items()}
    replay.faults.append(Fault("", replace(answer, body=answer.body.replace(b"KEY", KEY.encode()), headers=headers)))
    started = time.monotonic()
    said = ""

    with caplog.at_level("DEBUG"):
        try:
            said += str(macro_refresh.refresh_series())
        except ProviderUnavailableError as error:
            said += everything_said(error)

    assert time.monotonic() - started < 30, "a hang would be one of minutes"
    assert bronze.outcomes() == [("INDPRO", outcome)]
    assert bronze.is_empty()
    assert asked is None or len(replay.requests) == asked
    assert [request for request in replay.requests if request.host == "stranger.example"] == []
    assert KEY not in said + caplog.text + str(bronze.rows("select * from bronze.ingestion_runs"))


def test_the_error_of_one_series_hangs_on_nothing_that_holds_the_key(fred: Fred, replay: Replay) -> None:
    replay.faults.append(Fault("", Answer(b"<html>", 500)))

    with pytest.raises(ProviderUnavailableError) as caught:
        FredApiSource(SecretStr(KEY)).series("INDPRO")

    assert KEY not in everything_said(caught.value)
    assert KEY not in repr(FredApiSource(SecretStr(KEY)))


def test_the_key_is_in_no_log_when_all_goes_well(
    fred: Fred, bronze: Bronze, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FRED_API_KEY", KEY)
    fred.series = {series.series_id: published_once({JANUARY: "1", FEBRUARY: "2"}) for series in SERIES}

    with caplog.at_level("DEBUG"):
        macro_refresh.refresh_series()

    assert "INDPRO" in caplog.text
    assert KEY not in caplog.text


def test_a_bad_answer_takes_nothing_from_what_is_stored(fred: Fred, replay: Replay, bronze: Bronze) -> None:
    fred.series = {series.series_id: published_once({JANUARY: "1"}) for series in SERIES}
    macro_refresh.refresh_series()
    before = bronze.rows("select series_id, value from bronze.raw_fred order by 1")
    replay.faults.append(Fault("fredgraph", Answer(b"<html>")))

    with pytest.raises(ProviderUnavailableError, match="All 14 fetches failed"):
        macro_refresh.refresh_series()

    assert bronze.rows("select series_id, value from bronze.raw_fred order by 1") == before
    outcomes = bronze.rows("select outcome, count(*) from bronze.ingestion_runs group by 1 order by 1")
    assert outcomes == [("garbage", 3), ("loaded", 14), ("not_asked", 11)]


def test_an_answer_without_an_end_is_not_read_to_its_end(
    fred: Fred, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1000)
    replay.faults.append(Fault("", Answer(TABLE * 100)))

    with pytest.raises(GarbageError, match="sent more than 1,000 bytes"):
        FredDownloadSource().series("INDPRO")


def test_nobody_there_is_an_outage(replay: Replay, bronze: Bronze) -> None:
    replay.server.socket.close()

    with pytest.raises(ProviderUnavailableError, match=r"FRED series INDPRO can't be reached \(ConnectionError\)"):
        macro_refresh.refresh_series()
