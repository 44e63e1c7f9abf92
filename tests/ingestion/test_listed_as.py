"""How Yahoo names listings and the units of their prices: what it lists can be held, what nobody can value is named."""

from datetime import date

import psycopg
import pytest

from ingestion.errors import NoPricesError, UnknownTickerError
from ingestion.prices import price_refresh
from ingestion.records import TickerSuggestion
from tests.ingestion.conftest import Bronze, FilesFolder
from tests.ingestion.replay.proxy import Replay
from tests.ingestion.replay.yahoo import Listing, Quote, Yahoo

QUOTES = [Quote(date(2024, 1, 2), 450.0), Quote(date(2024, 1, 3), 452.0)]
LISTED = [
    *("M&M.NS", "J&KBANK.NS", "MELANIA35347-USD", "1000SATS28683-USD", "NIFTY_FIN_SERVICE.NS", "^NSEI", "BRK-B"),
    *("EURUSD=X", "0P0000XVYZ.BO", "BAJAJ-AUTO.NS", "A" * 32),
]
TRADE = """
    insert into bronze.transactions
        (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
    values (gen_random_uuid(), 1, gen_random_uuid(), %s, 'BUY', 1, 70, 'USD', '2024-01-02')
"""


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("ticker", LISTED)
def test_what_yahoo_lists_can_be_held(yahoo: Yahoo, bronze: Bronze, ticker: str) -> None:
    yahoo.listings[ticker] = Listing(QUOTES, kind="EQUITY", profile={"sector": "Technology"})

    assert price_refresh.ensure_history(ticker.lower()).ticker == ticker

    bronze.connection.execute(TRADE, [ticker])
    assert list(bronze.closes(ticker).values()) == [450, 452]
    assert bronze.rows("select ticker, sector from bronze.raw_assets") == [(ticker, "Technology")]


@pytest.mark.parametrize("ticker", LISTED)
def test_the_folder_can_hold_it_too(folder: FilesFolder, bronze: Bronze, ticker: str) -> None:
    folder.asset(ticker)
    folder.closes(ticker, {"2024-01-02": 10})

    assert price_refresh.ensure_history(ticker).ticker == ticker
    assert [found.ticker for found in price_refresh.search(ticker)] == [ticker]


@pytest.mark.parametrize("ticker", ["A" * 33, "&M.NS", "_A", "A B", "a", "A;B", "A$", ""])
def test_the_database_refuses_what_is_none(bronze: Bronze, ticker: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        bronze.connection.execute(TRADE, [ticker])


@pytest.mark.usefixtures("live")
def test_options_are_not_suggested_and_not_held(yahoo: Yahoo, bronze: Bronze) -> None:
    option = "ACME240119C00100000"
    yahoo.found = [{"symbol": "M&M.NS", "quoteType": "EQUITY"}, {"symbol": option, "quoteType": "OPTION"}]
    yahoo.listings[option] = Listing(QUOTES, kind="OPTION")

    assert price_refresh.search("acme") == [TickerSuggestion("M&M.NS", None, None, "EQUITY")]
    with pytest.raises(UnknownTickerError, match="ACME240119C00100000 is an option"):
        price_refresh.ensure_history(option)
    assert bronze.is_empty()


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    "listing",
    [
        Listing(QUOTES, currency=None),
        Listing(QUOTES, currency=""),
        Listing(QUOTES, left_out=["currency"]),
        Listing(QUOTES, left_out=["currency"], dividends={date(2024, 1, 3): 1.0}, kind="EQUITY"),
    ],
)
def test_a_listing_without_a_currency_is_refused_at_once(
    yahoo: Yahoo, bronze: Bronze, replay: Replay, listing: Listing
) -> None:
    yahoo.listings["ACME"] = listing

    for ask in (price_refresh.ensure_history, price_refresh.describe):
        replay.requests.clear()
        with pytest.raises(NoPricesError, match="gives no currency for ACME"):
            ask("ACME")
        assert len(replay.asked("/chart/")) <= 2, "nobody asks again for what will not pass"

    assert bronze.is_empty()
    assert bronze.outcomes() == [("ACME", "no_data")]


@pytest.mark.usefixtures("live")
def test_what_was_stored_without_a_currency_is_asked_for_again(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(QUOTES, kind="EQUITY")
    price_refresh.ensure_history("ACME")
    bronze.connection.execute("update bronze.raw_assets set currency = null")
    bronze.connection.execute("update bronze.raw_prices set currency = null")

    assert price_refresh.ensure_history("ACME").currency == "USD"
    assert bronze.rows("select distinct currency from bronze.raw_prices") == [("USD",)]

    bronze.connection.execute("update bronze.raw_assets set currency = null")
    yahoo.listings["ACME"] = Listing(QUOTES, kind="EQUITY", currency=None)
    with pytest.raises(NoPricesError, match="gives no currency for"):
        price_refresh.ensure_history("ACME")


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("unit", ["USQ", "GBx", "EUc", "US$", "USDT"])
def test_a_unit_that_nobody_knows_is_named_with_a_way_out(yahoo: Yahoo, bronze: Bronze, unit: str) -> None:
    yahoo.listings["ACME"] = Listing(QUOTES, currency=unit)

    with pytest.raises(NoPricesError) as refusal:
        price_refresh.ensure_history("ACME")

    assert f"ACME is quoted in '{unit}', which Macrofolio does not know" in str(refusal.value)
    assert "quote_factors.csv" in str(refusal.value)
    assert bronze.is_empty()


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("unit", "pair"),
    [
        *(("GBp", "GBPUSD=X"), ("GBX", "GBPUSD=X"), ("ZAc", "ZARUSD=X"), ("ILA", "ILSUSD=X")),
        *(("KWF", "KWDUSD=X"), ("EUX", "EURUSD=X"), ("USX", None), ("USD", None)),
    ],
)
def test_the_pair_of_a_units_currency_is_fetched(yahoo: Yahoo, bronze: Bronze, unit: str, pair: str | None) -> None:
    yahoo.listings |= {"ACME=F": Listing(QUOTES, currency=unit), "^GSPC": Listing(QUOTES)}
    if pair:
        yahoo.listings[pair] = Listing(QUOTES)
    bronze.connection.execute(TRADE, ["ACME=F"])

    assert price_refresh.backfill_missing_history().failures == {}
    assert bronze.rows("select ticker from bronze.raw_assets where ticker like '%=X'") == ([(pair,)] if pair else [])


def test_a_code_of_ones_own_needs_its_exchange_rate(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("COIN", currency="BTC")
    folder.closes("COIN", {"2024-01-02": 10})
    with pytest.raises(NoPricesError, match="COIN is quoted in 'BTC', which Macrofolio does not know"):
        price_refresh.ensure_history("COIN")

    folder.asset("BTCUSD=X", quote_type="CURRENCY")

    assert price_refresh.ensure_history("COIN").currency == "BTC"
