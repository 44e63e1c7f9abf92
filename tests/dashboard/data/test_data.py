"""The data page and the badge for figures that rest on stale or estimated data."""

from datetime import date
from typing import Any

import pytest

from dashboard.data import layout
from dashboard.ui import refresh_failures
from dashboard.ui.freshness import stale_badge, weakness
from ingestion.errors import FetchOutcome

TODAY = date(2013, 3, 4)
FETCH: Any = {"finished_at": "2013-03-04T18:00:00+00:00", "outcome": "loaded", "reason": None}
TICKER: Any = {
    "ticker": "VTI",
    "name": None,
    "first_bar": "2000-01-03",
    "last_bar": "2013-03-01",
    "bars": 3310,
    "gaps": 0,
    "quarantined": 0,
    "doubts": [],
    "splits": 1,
    "dividends": 52,
    "is_stale": False,
    "usual_interval_days": 1,
    "silent_since": None,
    "last_fetch": FETCH,
}
PRICED: Any = {"is_stale": False, "price_date": "2013-03-01", "market_value": None, "unconverted_currencies": None}
SERIES: Any = {
    "series_id": "CPIAUCSL",
    "title": "US consumer prices",
    "indicator": "price_level",
    "last_observation": "2013-01-01",
    "published_on": "2013-02-21",
    "known_on": "2013-02-22",
    "value": 231.6,
    "is_stale": True,
    "usual_interval_days": 31,
    "silent_since": None,
    "last_fetch": None,
}


def test_a_ticker_shows_its_days_its_events_and_its_last_fetch() -> None:
    shown = str(layout.ticker_table([TICKER], TODAY))

    for value in ("Jan 3, 2000", "Mar 1, 2013", "'3,310'", "'52'", "new values, at 18:00 UTC", "0 of 1 are stale"):
        assert value in shown
    assert "tag-warn" not in shown


def test_gaps_refused_values_and_staleness_stand_out() -> None:
    shown = str(layout.ticker_table([TICKER | {"gaps": 3, "quarantined": 2, "is_stale": True}], TODAY))

    for word in ("3", "2", "stale"):
        assert f"Span(children='{word}', className='tag tag-warn')" in shown
    assert (
        "1 of 1 are stale: they end longer before the last day of your figures than any market holiday lasts." in shown
    )


def test_what_has_fallen_silent_is_said_in_words() -> None:
    prices = str(layout.ticker_table([TICKER, TICKER | {"silent_since": "2012-11-30"}], TODAY))
    series = str(layout.series_table([SERIES | {"silent_since": "2013-02-21"}], TODAY))

    assert prices.count("silent since Nov 30, 2012") == 1
    assert "1 without new data: nothing new for far longer than usual" in prices
    assert "silent since Feb 21, 2013" in series
    assert "Usually every 31 days." in series
    assert "fell silent" not in str(layout.ticker_table([TICKER], TODAY))


def test_a_doubtful_split_or_dividend_is_told_with_what_was_made_of_it() -> None:
    doubts = [
        {"ex_date": "2012-04-11", "action": "split", "value": "1.324", "currency": None},
        {"ex_date": "2012-06-15", "action": "dividend", "value": "976", "currency": "GBp"},
    ]
    shown = str(layout.ticker_table([TICKER | {"doubts": doubts, "quarantined": 2}], TODAY))

    assert "The split of 1.324 on Apr 11, 2012 counts as a price change" in shown
    assert "A dividend of 976 GBp on Jun 15, 2012 is not counted: the price does not show it." in shown


def test_a_ticker_without_any_price_says_so() -> None:
    never = TICKER | {"first_bar": None, "last_bar": None, "is_stale": True, "last_fetch": None}
    shown = str(layout.ticker_table([never], TODAY))

    assert "no price" in shown
    assert "not fetched yet" in shown


def test_a_series_shows_its_period_and_when_it_was_published_and_revised() -> None:
    shown = str(layout.series_table([SERIES], TODAY))

    for value in (
        "US consumer prices",
        "CPIAUCSL",
        "Price level",
        "231.60",
        "Jan 1, 2013",
        "Feb 21, 2013",
        "Feb 22, 2013",
        "stale",
    ):
        assert value in shown


def test_without_data_the_page_says_how_they_come() -> None:
    assert "Record a purchase" in str(layout.ticker_table([], TODAY))
    assert "No macro series yet" in str(layout.series_table([], TODAY))
    assert "on the first of each month" in str(layout.series_table([], TODAY))


def test_every_way_a_fetch_can_end_has_words() -> None:
    assert set(refresh_failures.OUTCOMES) == set(FetchOutcome)


def test_a_failed_fetch_says_why_and_what_happens_next() -> None:
    fetch = FETCH | {"outcome": "rate_limited", "reason": "The next scheduled fetch asks again."}

    assert refresh_failures.of_fetch(fetch, TODAY) == (
        "the provider limits requests, at 18:00 UTC",
        "The next scheduled fetch asks again.",
    )


@pytest.mark.parametrize(
    ("row", "short"),
    [
        ({"is_stale": False, "price_date": "2013-03-01"}, None),
        ({}, None),
        ({"is_stale": True, "price_date": "2013-02-01"}, "price of Feb 1, 2013"),
        ({"is_stale": True, "price_date": None}, "estimated"),
        ({"is_stale": False, "unconverted_currencies": "CHF"}, "not converted"),
        ({"is_stale": True, "price_date": None, "unconverted_currencies": "CHF"}, "not converted"),
    ],
)
def test_a_badge_stands_only_where_data_are_weak(row: Any, short: str | None) -> None:
    row = PRICED | row
    words, badge = weakness(row), stale_badge(row)

    assert (words[0] if words else None) == short
    assert (badge is None) == (short is None)


def test_the_badge_tells_screen_readers_what_the_mouse_is_told() -> None:
    badge = stale_badge(PRICED | {"unconverted_currencies": "CHF, GBP"})

    assert str(badge).count("No exchange rate for CHF, GBP yet") == 2
