"""Listings with unusual names, units and splits, as a person meets them in the API."""

from http import HTTPStatus
from urllib.parse import quote

import pytest

from tests.auth_service.conftest import Person, answer, refusal


@pytest.mark.parametrize("ticker", ["M&M.NS", "LONGCOIN35347-USD", "m&m.ns"])
def test_every_listing_can_be_traded_and_found_by_its_name(alice: Person, ticker: str) -> None:
    assert answer(alice.trade("BUY", "1", ticker=ticker), 201)["ticker"] == ticker.upper()

    path = f"/tickers/{quote(ticker, safe='')}"
    assert answer(alice.call("GET", path))["ticker"] == ticker.upper()
    assert answer(alice.call("GET", f"{path}/prices?date=2024-01-02"))["close"] == 100
    found = answer(alice.call("GET", f"/transactions?ticker={quote(ticker, safe='')}"))["items"]
    assert [trade["ticker"] for trade in found] == [ticker.upper()]


def test_what_cannot_be_a_ticker_is_told_what_can(onlooker: Person) -> None:
    told = answer(onlooker.trade("BUY", "1", ticker="A" * 33), 422)["fields"]["ticker"]

    assert told == "must be a ticker such as VTI or BRK-B: up to 32 letters, digits and . - = ^ & _"
    assert onlooker.call("GET", f"/tickers/{'A' * 33}").status_code == HTTPStatus.NOT_FOUND


def test_fils_are_a_unit_as_pence_are(alice: Person) -> None:
    assert answer(alice.trade("BUY", "1", ticker="FILS.KW", price="900"), 201)["currency"] == "KWF"


def test_a_unit_that_nobody_knows_is_refused_with_a_way_out(alice: Person) -> None:
    told = refusal(alice.trade("BUY", "1", ticker="UNIT"))

    assert told.startswith("UNIT is quoted in 'USQ', which Macrofolio does not know.")
    assert "quote_factors.csv" in told
    assert alice.ledger() == []


def test_a_spin_off_booked_as_a_split_changes_the_price_and_not_the_count(alice: Person) -> None:
    answer(alice.trade("BUY", "100", ticker="SPIN", price="23.832"), 201)

    prices = answer(alice.call("GET", "/tickers/SPIN/prices?date=2024-01-02"))
    assert prices["close"] == 23.832, "as it was traded before the spin-off: 18 x 1.324"
    assert "100 held that day" in refusal(
        alice.trade("SELL", "100.1", ticker="SPIN", price="18", trade_date="2024-01-03")
    )
    answer(alice.trade("SELL", "100", ticker="SPIN", price="18", trade_date="2024-01-03"), 201)
