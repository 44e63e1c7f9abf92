"""The strip that says how fresh the figures are."""

from datetime import date
from typing import Any

import pytest

from dashboard.ui.shell import snapshot_of, status_strip

TODAY = date(2013, 3, 4)
CURRENT: Any = {
    "up_to_date": True,
    "pending_transactions": 0,
    "as_of_date": "2013-03-01",
    "prices_as_of": "2013-03-01",
    "prices_are_stale": False,
    "macro_as_of": "2013-01-31",
    "last_refresh": "2013-03-01T19:30:00+01:00",
    "failed_models": [],
    "failed_prices": [],
    "stale_sources": [],
}
EMPTY = CURRENT | dict.fromkeys(("as_of_date", "prices_as_of", "macro_as_of", "last_refresh"))


def shown(status: Any, today: date = TODAY) -> tuple[str, str]:
    dot, text = status_strip(status, today).children
    return dot.className, text


def test_up_to_date_says_where_the_data_end() -> None:
    assert shown(CURRENT) == (
        "dot dot-good",
        "Prices end on Mar 1, 2013 (3 days ago). Macro data end on Jan 31, 2013. Computed on Mar 1, 2013 at 18:30 UTC.",
    )


def test_prices_that_the_api_calls_stale_are_marked() -> None:
    assert shown(CURRENT, date(2013, 3, 31))[0] == "dot dot-good"
    assert shown(CURRENT | {"prices_are_stale": True})[0] == "dot dot-stale"


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 transaction is being processed; the charts follow in a few seconds."),
        (3, "3 transactions are being processed; the charts follow in a few seconds."),
    ],
)
def test_pending_transactions_are_counted(count: int, sentence: str) -> None:
    dot, text = shown(CURRENT | {"up_to_date": False, "pending_transactions": count})

    assert dot == "dot dot-busy"
    assert text.startswith(sentence)


def test_an_empty_portfolio_is_ready() -> None:
    assert shown(EMPTY) == ("dot dot-good", "Ready for your first transaction.")


def test_a_failed_refresh_is_told_with_what_is_on_the_way() -> None:
    failed = [{"model": "gold_p_timeseries", "failed_at": "2013-03-04T22:30:00+01:00"}]

    dot, text = shown(CURRENT | {"up_to_date": False, "pending_transactions": 2, "failed_models": failed})

    assert dot == "dot dot-bad"
    assert text == (
        "2 transactions are waiting to be processed. Your last refresh failed at 21:30 UTC (gold_p_timeseries). "
        "It will be retried; your trades are safe. Prices end on Mar 1, 2013 (3 days ago). "
        "Macro data end on Jan 31, 2013."
    )


def test_a_failure_of_changed_settings_promises_no_transaction() -> None:
    failed = [
        {"model": "int_trades", "failed_at": "2013-03-03T09:00:00+00:00"},
        {"model": "int_portfolios", "failed_at": "2013-03-03T08:59:00+00:00"},
    ]

    text = shown(EMPTY | {"up_to_date": False, "failed_models": failed})[1]

    assert text == (
        "Your last refresh failed on Mar 3, 2013 at 09:00 UTC (int_trades, int_portfolios). It will be retried; "
        "your trades are safe."
    )


def prices_failed(outcome: str, *tickers: str) -> list[dict[str, str]]:
    return [{"ticker": ticker, "failed_at": "2013-03-04T18:00:05+00:00", "outcome": outcome} for ticker in tickers]


@pytest.mark.parametrize(
    ("failed", "sentence"),
    [
        (prices_failed("provider_down", "XYZ"), "No new prices for XYZ on Mar 4, 2013: the provider did not answer."),
        (
            prices_failed("unknown_ticker", "A", "B"),
            "No new prices for A and B on Mar 4, 2013: unknown to the provider.",
        ),
        (
            prices_failed("rate_limited", "A", "B", "C", "D", "E"),
            "No new prices for A, B, C and 2 more on Mar 4, 2013: the provider limits requests.",
        ),
        (
            [*prices_failed("provider_down", "A"), *prices_failed("failed", "B"), *prices_failed("provider_down", "C")],
            (
                "No new prices for A and C on Mar 4, 2013: the provider did not answer. "
                "No new prices for B on Mar 4, 2013: the fetch failed."
            ),
        ),
    ],
)
def test_prices_that_did_not_come_are_told_by_reason(failed: list[dict[str, str]], sentence: str) -> None:
    dot, text = shown(CURRENT | {"failed_prices": failed})

    assert dot == "dot dot-stale"
    assert text.startswith(f"{sentence} Prices end on Mar 1, 2013")


def test_a_source_that_went_silent_is_told() -> None:
    silent = [{"source": "raw_fred", "noticed_at": "2013-03-04T18:00:05+00:00"}]
    dot, text = shown(CURRENT | {"stale_sources": silent})

    assert dot == "dot dot-stale"
    assert text.startswith("No new macro data for longer than usual, noticed on Mar 4, 2013. Prices end on Mar 1, 2013")


def test_the_snapshot_changes_with_the_marts_and_not_with_what_is_pending() -> None:
    pending = CURRENT | {"up_to_date": False, "pending_transactions": 1}
    refreshed = CURRENT | {"last_refresh": "2013-03-01T19:30:07+01:00"}

    assert snapshot_of(pending) == snapshot_of(CURRENT)
    assert snapshot_of(refreshed) != snapshot_of(CURRENT)


def test_the_snapshot_tells_an_empty_portfolio_from_one_that_waits_for_its_first_figures() -> None:
    assert not snapshot_of(EMPTY)["first_trades_pending"]
    assert snapshot_of(EMPTY | {"up_to_date": False, "pending_transactions": 1})["first_trades_pending"]
