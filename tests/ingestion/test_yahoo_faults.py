"""What Yahoo can do to us: each fault has an outcome of its own, an end in time, and leaves bronze as it was."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import pytest

from ingestion.errors import (
    GarbageError,
    IngestionError,
    NoPricesError,
    ProviderDownError,
    ProviderUnavailableError,
    RateLimitedError,
    UnknownTickerError,
)
from ingestion.prices import price_refresh
from tests.ingestion.conftest import Bronze
from tests.ingestion.replay.proxy import Answer, Fault, Replay
from tests.ingestion.replay.yahoo import UNKNOWN, Listing, Quote, Yahoo

pytestmark = pytest.mark.usefixtures("live")
BARS = [Quote(date(2024, 1, 1) + timedelta(days=day), 100.0 + day) for day in range(60)]
INTERNAL = {"chart": {"result": None, "error": {"code": "Internal", "description": "internal server error"}}}
NOT_FOUND = json.dumps({"chart": {"result": None, "error": UNKNOWN}}).encode()
CHART = json.dumps({"chart": {"result": [{"meta": {"currency": "USD"}}]}}).encode()


class Case(NamedTuple):
    """A fault, what it ends in, and how often Yahoo is asked where that is told."""

    answer: Answer
    error: type[IngestionError]
    outcome: str
    asked: int | None = None

    def __str__(self) -> str:
        return f"{self.outcome}-{self.answer.status}-{self.answer.body[:12]!r}"


class Later(NamedTuple):
    """What Yahoo knows of a ticker on the day after, a fault, and what it ends in."""

    outcome: str
    listing: Listing | None = None
    fault: Answer | None = None


@pytest.mark.threat(25)
@pytest.mark.parametrize(
    "case",
    [
        Case(Answer(b"Too Many Requests", 429, {"Retry-After": "3600"}), RateLimitedError, "rate_limited", 1),
        Case(Answer(b"Too Many Requests", 429), RateLimitedError, "rate_limited", 1),
        Case(Answer(b"oops", 500), ProviderDownError, "provider_down", 2),
        Case(Answer(b"<html>Bad Gateway</html>", 502), ProviderDownError, "provider_down", 2),
        Case(Answer(json.dumps(INTERNAL).encode()), ProviderDownError, "provider_down"),
        Case(Answer(b"Will be right back..."), GarbageError, "garbage"),
        Case(Answer(b"<html>Consent</html>"), GarbageError, "garbage"),
        Case(Answer(CHART[:40]), GarbageError, "garbage"),
        Case(Answer(CHART), GarbageError, "garbage"),
        Case(Answer(b"[]"), GarbageError, "garbage"),
        Case(Answer(b""), GarbageError, "garbage"),
        Case(Answer(CHART, broken_off_after=40), ProviderDownError, "provider_down"),
        Case(Answer(CHART, never=True), ProviderDownError, "provider_down"),
        Case(Answer(CHART * 100, drips=True), ProviderDownError, "provider_down"),
        Case(Answer(b"", 302, {"Location": "https://stranger.example/chart"}), GarbageError, "garbage"),
        Case(Answer(b"", 302, {"Location": "http://query1.finance.yahoo.com/"}), GarbageError, "garbage"),
        Case(Answer(b"", 302, {"Location": "/v8/finance/chart/ACME"}), GarbageError, "garbage"),
        Case(Answer(NOT_FOUND, 404), UnknownTickerError, "unknown_ticker"),
    ],
    ids=str,
)
def test_each_fault_ends_in_its_own_outcome_and_is_not_remembered(
    yahoo: Yahoo, replay: Replay, bronze: Bronze, case: Case
) -> None:
    yahoo.listings["ACME"] = Listing(BARS)
    replay.faults.append(Fault("/chart/", case.answer))
    started = time.monotonic()

    with pytest.raises(case.error) as caught:
        price_refresh.ensure_history("ACME")

    assert caught.type is case.error
    assert time.monotonic() - started < 30, "a hang would be one of minutes"
    assert bronze.is_empty()
    assert bronze.outcomes() == [("ACME", case.outcome)]
    assert case.asked is None or len(replay.asked("/chart/")) == case.asked
    assert [request for request in replay.requests if request.host == "stranger.example"] == []
    if case.error is not RateLimitedError:
        replay.faults.clear()
        assert price_refresh.ensure_history("ACME").last_price_date == BARS[-1].day


def test_the_pause_that_yahoo_asks_for_is_kept_by_every_thread(yahoo: Yahoo, replay: Replay, bronze: Bronze) -> None:
    yahoo.listings |= {"ACME": Listing(BARS), "OTHER": Listing(BARS)}
    replay.faults.append(Fault("/chart/", Answer(b"", 429, {"Retry-After": "1000"}), times=1))
    with pytest.raises(RateLimitedError) as caught:
        price_refresh.ensure_history("ACME")
    assert caught.value.retry_after == 1000
    asked = len(replay.requests)

    with pytest.raises(RateLimitedError, match="Try again in") as caught:
        price_refresh.ensure_history("OTHER")

    assert len(replay.requests) == asked, "nobody was asked"
    assert caught.value.retry_after is not None
    assert 990 < caught.value.retry_after < 1000


def test_a_short_pause_is_waited_for_and_the_answer_comes(yahoo: Yahoo, replay: Replay, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(BARS)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    replay.faults.append(Fault("/chart/", Answer(b"", 429, {"Retry-After": soon}), times=1))

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select outcome, retries from bronze.ingestion_runs") == [("loaded", 1)]


def test_a_refused_crumb_or_cookie_is_done_without(yahoo: Yahoo, replay: Replay, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(BARS, kind="EQUITY", profile={"sector": "Technology"})
    replay.faults.append(Fault("/v1/test/getcrumb", Answer(b"Too Many Requests", 429)))

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select outcome from bronze.ingestion_runs") == [("loaded",)]
    assert bronze.rows("select sector from bronze.raw_assets") == [(None,)], "the profile needs the crumb"


def test_known_without_prices_is_neither_unknown_nor_down(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing([])

    with pytest.raises(NoPricesError, match="knows ACME but has no prices"):
        price_refresh.ensure_history("ACME")

    assert bronze.outcomes() == [("ACME", "no_data")]


def test_nobody_there_is_an_outage(yahoo: Yahoo, replay: Replay, bronze: Bronze) -> None:
    replay.server.socket.close()

    with pytest.raises(ProviderDownError, match="is unavailable for ACME"):
        price_refresh.describe("ACME")
    with pytest.raises(ProviderDownError, match="is unavailable for acme"):
        price_refresh.search("acme")
    assert list(price_refresh.backfill_missing_history().failures) == ["^GSPC"], (
        "a back-fill does not fail with its provider"
    )


@pytest.mark.parametrize(
    "later",
    [
        Later("provider_down", Listing(BARS), Answer(b"oops", 500)),
        Later("garbage", Listing(BARS), Answer(b"<html>")),
        Later("no_data", Listing([])),
        Later("unknown_ticker"),
        Later("no_data", Listing([Quote(day.day, None) for day in BARS])),
        Later("no_data", Listing([Quote(day.day, 0.0) for day in BARS])),
        # Half a history, on another footing than what is stored: not to be taken for a restatement.
        Later("garbage", Listing([Quote(day.day, 1.0) for day in BARS[30:]])),
    ],
)
def test_the_last_good_prices_stay_and_the_others_are_refreshed(
    yahoo: Yahoo, replay: Replay, bronze: Bronze, later: Later
) -> None:
    for ticker in ("ACME", "^GSPC"):
        yahoo.listings[ticker] = Listing(BARS[:50])
        price_refresh.ensure_history(ticker)
    before = bronze.closes("ACME")
    yahoo.listings = {"^GSPC": Listing(BARS)} | ({"ACME": later.listing} if later.listing else {})
    if later.fault:
        replay.faults.append(Fault("/chart/ACME", later.fault))

    summary = price_refresh.refresh_known_tickers()

    assert list(summary.failures) == ["ACME"]
    assert bronze.closes("ACME") == before
    assert len(bronze.closes("^GSPC")) == 60
    assert set(bronze.outcomes()[-2:]) == {("ACME", later.outcome), ("^GSPC", "loaded")}


def test_a_long_outage_is_noticed_and_the_rest_left_in_peace(yahoo: Yahoo, replay: Replay, bronze: Bronze) -> None:
    values = ", ".join(f"('T{number}', 'yahoo')" for number in range(100))
    bronze.connection.execute(f"insert into bronze.raw_assets (ticker, source) values {values}")
    replay.faults.append(Fault("", Answer(b"oops", 500)))

    with pytest.raises(ProviderUnavailableError, match="All 101 fetches failed"):
        price_refresh.refresh_known_tickers()

    outcomes = dict(bronze.rows("select outcome, count(*) from bronze.ingestion_runs group by 1"))
    assert set(outcomes) == {"provider_down", "not_asked"}
    # Two for each of eight threads, and what was under way when the sixteenth failed.
    assert 16 <= outcomes["provider_down"] <= 23
    assert len(replay.asked("/chart/")) <= 2 * outcomes["provider_down"]
