"""What Yahoo says is paid on a share: capital gains beside dividends, and in which currency."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.prices import price_refresh
from tests.ingestion.conftest import Bronze
from tests.ingestion.replay.yahoo import Listing, Quote, Yahoo

pytestmark = pytest.mark.usefixtures("live")
US_FUND = ("MUTUALFUND", "America/New_York")
BEFORE, EX_DATE = date(2025, 12, 16), date(2025, 12, 17)
QUOTES = [Quote(BEFORE, 50.0), Quote(EX_DATE, 42.0)]
ACTIONS = """
    select action, value, currency, within_dividend from bronze.raw_corporate_actions order by ex_date, action desc
"""


@pytest.fixture
def market(yahoo: Yahoo, bronze: Bronze) -> tuple[Yahoo, Bronze]:
    return yahoo, bronze


@pytest.mark.parametrize(
    ("fund", "dividend", "gain", "within"),
    [
        (("ETF", "America/New_York"), 0.5, 6.5, False),
        (("ETF", "America/New_York"), 6.5, 0.5, False),
        (("EQUITY", "America/New_York"), 6.5, 0.5, False),
        (("MUTUALFUND", "America/Toronto"), 7.857, 6.42, False),
        (("MUTUALFUND", "Europe/London"), 7.857, 6.42, False),
        (US_FUND, 7.857, 6.42, True),
        (US_FUND, 6.42, 6.42, True),  # nothing but the gain was paid
        (US_FUND, 6.419, 6.42, True),  # one of the two is rounded
        (US_FUND, 6.41, 6.42, False),
        (US_FUND, 0.5, 6.5, False),  # too small to contain it
    ],
)
def test_the_dividend_of_a_us_mutual_fund_contains_the_capital_gain(
    market: tuple[Yahoo, Bronze], fund: tuple[str, str], dividend: float, gain: float, *, within: bool
) -> None:
    yahoo, bronze = market
    yahoo.listings["FUND"] = Listing(
        QUOTES, dividends={EX_DATE: dividend}, capital_gains={EX_DATE: gain}, kind=fund[0], zone=fund[1]
    )

    price_refresh.ensure_history("FUND")

    assert bronze.rows(ACTIONS) == [
        ("dividend", Decimal(str(dividend)), "USD", False),
        ("capital_gain", Decimal(str(gain)), "USD", within),
    ]
    assert bronze.quarantine() == []


def test_a_capital_gain_without_a_dividend_is_not_missed(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["FUND"] = Listing(
        QUOTES, dividends={BEFORE: 1.0}, capital_gains={EX_DATE: 6.5}, kind="MUTUALFUND", paid_in="USD"
    )

    price_refresh.ensure_history("FUND")

    assert bronze.rows(ACTIONS) == [("dividend", 1, "USD", False), ("capital_gain", Decimal("6.5"), "USD", False)]


@pytest.mark.parametrize(
    ("listed_in", "paid_in", "stored"),
    [
        ("GBp", "USD", "USD"),
        ("GBp", "GBP", "GBP"),
        ("GBp", "GBp", "GBp"),
        ("GBp", "", "GBp"),
        ("GBp", None, "GBp"),
        ("VND", "VND", "VND"),
        ("ILA", "ILS", "ILS"),
    ],
)
def test_a_payment_is_in_the_currency_that_it_names(
    yahoo: Yahoo, bronze: Bronze, listed_in: str, paid_in: str | None, stored: str
) -> None:
    yahoo.listings["ACME.L"] = Listing(
        [Quote(BEFORE, 650.0), Quote(EX_DATE, 650.0)],
        dividends={EX_DATE: 0.31},
        capital_gains={EX_DATE: 0.02},
        kind="EQUITY",
        currency=listed_in,
        paid_in=paid_in,
    )

    price_refresh.ensure_history("ACME.L")

    assert bronze.rows("select action, value, currency from bronze.raw_corporate_actions order by action desc") == [
        ("dividend", Decimal("0.31"), stored),
        ("capital_gain", Decimal("0.02"), stored),
    ]
    assert bronze.rows("select distinct currency from bronze.raw_prices") == [(listed_in,)]


def test_a_currency_that_yahoo_names_later_takes_the_place_of_the_listings(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["^GSPC"] = Listing(QUOTES)
    listing = Listing(QUOTES, dividends={EX_DATE: 0.31}, kind="EQUITY", currency="GBp")
    yahoo.listings["ACME.L"] = listing
    price_refresh.ensure_history("ACME.L")
    yahoo.listings["ACME.L"] = Listing(QUOTES, dividends={EX_DATE: 0.31}, kind="EQUITY", currency="GBp", paid_in="USD")

    price_refresh.refresh_known_tickers()

    assert bronze.rows("select value, currency from bronze.raw_corporate_actions") == [(Decimal("0.31"), "USD")]


def test_the_exchange_rates_of_what_is_paid_are_fetched_too(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME.L"] = Listing(QUOTES, dividends={EX_DATE: 0.31}, currency="GBp", paid_in="EUR")
    for ticker, currency in {"GBPUSD=X": "USD", "EURUSD=X": "USD", "^GSPC": "USD"}.items():
        yahoo.listings[ticker] = Listing(QUOTES, currency=currency)
    bronze.connection.execute(
        """
        insert into bronze.transactions
            (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
        values (gen_random_uuid(), 1, gen_random_uuid(), 'ACME.L', 'BUY', 1, 50, 'GBp', '2025-12-16')
        """
    )

    price_refresh.backfill_missing_history()

    assert bronze.rows("select distinct ticker from bronze.raw_prices where ticker like '%=X' order by 1") == [
        ("EURUSD=X",),
        ("GBPUSD=X",),
    ]


def test_several_payments_of_a_day_are_added_up(yahoo: Yahoo, bronze: Bronze) -> None:
    listing = Listing(QUOTES, dividends={EX_DATE: 0.5})
    yahoo.listings["ACME"] = listing
    stamp = listing.stamp(EX_DATE)
    yahoo.further_events["ACME"] = {
        "dividends": {
            str(stamp): {"amount": 0.5, "date": stamp},
            str(stamp + 60): {"amount": 1.25, "date": stamp + 60},
        }
    }

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select value from bronze.raw_corporate_actions") == [(Decimal("1.75"),)]


def test_what_is_paid_in_two_currencies_on_one_day_is_told(yahoo: Yahoo, bronze: Bronze) -> None:
    listing = Listing(QUOTES)
    yahoo.listings["ACME"] = listing
    stamp = listing.stamp(EX_DATE)
    yahoo.further_events["ACME"] = {
        "dividends": {str(stamp): {"amount": 0.5, "date": stamp, "currency": "EUR"}},
        "capitalGains": {str(stamp): {"amount": 0.25, "date": stamp, "currency": "USD"}},
    }

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select action, value from bronze.raw_corporate_actions") == [("dividend", Decimal("0.5"))]
    assert bronze.quarantine() == [("ACME", EX_DATE, "capital_gain", "currency")]
