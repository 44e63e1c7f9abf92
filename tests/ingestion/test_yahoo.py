"""Yahoo through the unmodified yfinance: prices, actions, metadata and dates as they arrive in bronze."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.prices import price_refresh
from ingestion.records import TickerSuggestion
from tests.ingestion.conftest import Bronze, FilesFolder
from tests.ingestion.replay.proxy import Answer, Fault, Replay
from tests.ingestion.replay.yahoo import Listing, Quote, Yahoo

pytestmark = pytest.mark.usefixtures("live")
ASSET = """
    select name, quote_type, asset_class, sector, industry, country, exchange, currency, timezone, source
    from bronze.raw_assets
"""


def test_the_first_call_stores_the_whole_history(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(
        [
            Quote(date(2020, 8, 28), 124.5, open=126.0, high=126.25, low=124.0, adj_close=121.125, volume=187151900),
            Quote(date(2020, 8, 31), 129.0, open=127.5, high=131.0, low=126.0, adj_close=125.5, volume=225702700),
        ],
        dividends={date(2020, 8, 28): 0.205},
        splits={date(2020, 8, 31): (4, 1)},
        name="Acme Corp.",
        kind="EQUITY",
        profile={"sector": "Technology", "industry": "Consumer Electronics", "country": "United States"},
    )

    info = price_refresh.ensure_history("acme")

    assert (info.name, info.asset_class, info.first_price_date, info.last_price_date) == (
        *("Acme Corp.", "equity"),
        *(date(2020, 8, 28), date(2020, 8, 31)),
    )
    bars = "select price_date, open, high, low, close, adj_close, volume, currency, price_basis, is_provisional"
    numbers = (Decimal("126.0"), Decimal("126.25"), Decimal("124.0"), Decimal("124.5"), Decimal("121.125"), 187151900)
    assert bronze.rows(f"{bars} from bronze.raw_prices order by 1")[0] == (
        *(date(2020, 8, 28), *numbers),
        *("USD", "split_adjusted", False),
    )
    assert bronze.rows("select ex_date, action, value from bronze.raw_corporate_actions order by 1") == [
        (date(2020, 8, 28), "dividend", Decimal("0.205")),
        (date(2020, 8, 31), "split", Decimal(4)),
    ]
    assert bronze.rows(ASSET) == [
        (
            *("Acme Corp.", "EQUITY", "equity", "Technology", "Consumer Electronics", "United States"),
            *("NasdaqGS", "USD", "America/New_York", "yahoo"),
        )
    ]
    run = "select outcome, rows_received, rows_changed, rows_refused, retries, finished_at >= started_at"
    assert bronze.rows(f"{run} from bronze.ingestion_runs") == [("loaded", 4, 4, 0, 0, True)]


def test_a_missing_profile_does_not_keep_a_stock_out(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing([Quote(date(2024, 1, 2), 10.0)], kind="EQUITY", name="Acme Corp.")

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select name, sector, country from bronze.raw_assets") == [("Acme Corp.", None, None)]


def test_only_the_bar_of_a_session_that_has_not_ended_is_provisional(yahoo: Yahoo, bronze: Bronze) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    opened, yesterday = now - timedelta(seconds=1), now.date() - timedelta(days=1)
    yahoo.listings["ACME"] = yahoo.listings["^GSPC"] = Listing(
        [Quote(yesterday, 10.0), Quote(opened.date(), 11.0, at=opened.time())],
        zone="UTC",
        session=(opened, now + timedelta(hours=1)),
    )
    provisional = "select close, is_provisional from bronze.raw_prices where ticker = 'ACME' order by price_date"

    price_refresh.ensure_history("ACME")
    assert bronze.rows(provisional) == [(10, False), (11, True)]

    yahoo.listings["ACME"] = Listing(
        [Quote(yesterday, 10.0), Quote(opened.date(), 12.0, at=opened.time())],
        zone="UTC",
        session=(opened - timedelta(hours=2), now - timedelta(hours=1)),
    )
    price_refresh.refresh_known_tickers()
    assert bronze.rows(provisional) == [(10, False), (12, False)]
    whole = "select asked_from is null from bronze.ingestion_runs where subject = 'ACME' order by started_at"
    assert bronze.rows(whole) == [(True,), (False,)], "a provisional bar is replaced without a stir"


def test_where_yahoo_names_no_session_todays_bar_is_provisional(yahoo: Yahoo, bronze: Bronze) -> None:
    today = datetime.now(UTC).date()
    yahoo.listings["ACME"] = Listing(
        [Quote(date(2024, 1, 2), 10.0), Quote(today, 11.0, at=time(0))], zone="UTC", session=None
    )

    price_refresh.ensure_history("ACME")

    assert bronze.rows("select is_provisional from bronze.raw_prices order by price_date") == [(False,), (True,)]


@pytest.mark.parametrize(
    ("zone", "opens", "days"),
    [
        # Clocks change on 10 March and 3 November 2024; 29 November is a half day.
        ("America/New_York", time(9, 30), ["2024-02-29", "2024-03-08", "2024-03-11", "2024-11-01", "2024-11-29"]),
        # A session that begins on the day before by UTC.
        ("Australia/Sydney", time(10), ["2024-02-29", "2024-04-05", "2024-04-08", "2024-10-07", "2025-01-02"]),
        ("Africa/Johannesburg", time(9), ["2023-12-29", "2024-01-02", "2024-02-29"]),
        # Midnight in London is 23:00 UTC in summer.
        ("Europe/London", time(0), ["2024-03-29", "2024-03-31", "2024-04-01", "2024-10-27", "2024-10-28"]),
        # Midnight does not exist on the day on which Cairo's clocks go forward.
        ("Africa/Cairo", time(10), ["2024-04-25", "2024-04-26", "2024-10-31"]),
    ],
)
def test_dates_are_the_exchanges(yahoo: Yahoo, bronze: Bronze, zone: str, opens: time, days: list[str]) -> None:
    quotes = [Quote(date.fromisoformat(day), 10.0 + place) for place, day in enumerate(days)]
    yahoo.listings["ACME"] = Listing(quotes, zone=zone, opens=opens, splits={quotes[1].day: (2, 1)})

    price_refresh.ensure_history("ACME")

    assert list(bronze.closes("ACME")) == days
    assert bronze.rows("select ex_date::text from bronze.raw_corporate_actions") == [(days[1],)]


def test_crypto_trades_on_sundays_and_funds_have_no_volume(yahoo: Yahoo, bronze: Bronze) -> None:
    week = [date(2024, 1, 1) + timedelta(days=day) for day in range(7)]
    yahoo.listings["BTC-USD"] = Listing(
        [Quote(day, 42000.5) for day in week], kind="CRYPTOCURRENCY", zone="UTC", opens=time(0)
    )
    yahoo.listings["VFIAX"] = Listing([Quote(week[1], 440.1, volume=None)], kind="MUTUALFUND")

    for ticker in ("BTC-USD", "VFIAX"):
        price_refresh.ensure_history(ticker)

    assert len(bronze.closes("BTC-USD")) == 7
    assert bronze.rows("select volume from bronze.raw_prices where ticker = 'VFIAX'") == [(0,)]
    assert bronze.rows("select asset_class from bronze.raw_assets order by 1") == [("cryptocurrency",), ("fund",)]
    assert bronze.quarantine() == []


def test_a_close_outside_low_and_high_of_a_currency_pair_is_kept(yahoo: Yahoo, bronze: Bronze) -> None:
    quote = Quote(date(2020, 1, 2), 1.1220, open=1.1218, high=1.1210, low=1.1166, volume=0)
    yahoo.listings["EURUSD=X"] = Listing([quote], kind="CURRENCY", zone="Europe/London", opens=time(0))

    price_refresh.ensure_history("EURUSD=X")

    row = "select close, high, low from bronze.raw_prices"
    assert bronze.rows(row) == [(Decimal("1.122"), Decimal("1.121"), Decimal("1.1166"))]


@pytest.mark.parametrize("currency", ["GBp", "ZAc", "ILA"])
def test_pence_and_cents_stay_as_given(yahoo: Yahoo, bronze: Bronze, currency: str) -> None:
    yahoo.listings["ACME.L"] = Listing([Quote(date(2024, 1, 2), 1259.5)], kind="EQUITY", currency=currency)

    price_refresh.ensure_history("ACME.L")

    assert bronze.rows("select close, currency from bronze.raw_prices") == [(Decimal("1259.5"), currency)]


def test_currency_pairs_of_listings_and_base_currencies_are_fetched_too(yahoo: Yahoo, bronze: Bronze) -> None:
    listed = {"ACME.L": "GBp", "GBPUSD=X": "USD", "^GSPC": "USD", "GBPKES=X": "KES", "USDKES=X": "KES"}
    for ticker, currency in listed.items():
        yahoo.listings[ticker] = Listing([Quote(date(2024, 1, 2), 70.0)], currency=currency)
    bronze.connection.execute(
        """
        insert into bronze.transactions
            (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
        values (gen_random_uuid(), 1, gen_random_uuid(), 'ACME.L', 'BUY', 1, 70, 'GBp', '2024-01-02');
        insert into public.users (user_id, email, password_hash) values
            ('00000000-0000-0000-0000-000000000001', 'k@example.org', 'x');
        insert into public.portfolio_settings (user_id, base_currency)
        values ('00000000-0000-0000-0000-000000000001', 'KES')
        """
    )

    assert price_refresh.refresh_known_tickers().failures == {}
    assert bronze.rows("select distinct ticker from bronze.raw_prices order by 1") == [
        ("ACME.L",),
        ("GBPKES=X",),
        ("GBPUSD=X",),
        ("USDKES=X",),
        ("^GSPC",),
    ]


def test_a_split_between_two_fetches_brings_the_whole_history_again(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["^GSPC"] = Listing([Quote(date(2024, 6, 7), 5000.0)])
    old = [Quote(date(2024, 1, 2), 1000.0, volume=10), Quote(date(2024, 6, 7), 1200.0, volume=10)]
    yahoo.listings["ACME"] = Listing(old)
    price_refresh.ensure_history("ACME")
    new = [Quote(quote.day, quote.close / 10, volume=100) for quote in old if quote.close]
    yahoo.listings["ACME"] = Listing([*new, Quote(date(2024, 6, 10), 121.0)], splits={date(2024, 6, 10): (10, 1)})

    price_refresh.refresh_known_tickers()

    assert bronze.closes("ACME") == {"2024-01-02": 100, "2024-06-07": 120, "2024-06-10": 121}
    assert bronze.rows("select ex_date::text, value from bronze.raw_corporate_actions") == [("2024-06-10", 10)]
    assert price_refresh.refresh_known_tickers().rows_changed == 0


def test_a_day_that_comes_twice_is_kept_once_and_the_other_row_is_not_lost(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(
        [
            Quote(date(2024, 1, 2), 10.0),
            Quote(date(2024, 1, 3), 11.0),
            Quote(date(2024, 1, 3), 11.5, at=time(16)),
            Quote(date(2024, 1, 4), 12.0),
            Quote(date(2024, 1, 4), 12.0, at=time(16)),  # says the same
            Quote(date(2024, 1, 5), 13.0),
        ]
    )

    price_refresh.ensure_history("ACME")

    assert bronze.closes("ACME") == {"2024-01-02": 10, "2024-01-03": 11, "2024-01-04": 12, "2024-01-05": 13}
    assert bronze.quarantine() == [("ACME", date(2024, 1, 3), "bar", "duplicate")]
    assert bronze.rows("select received->>'close' from bronze.quarantined_rows") == [("11.5",)]


def test_impossible_bars_never_reach_bronze(yahoo: Yahoo, bronze: Bronze) -> None:
    closes = [10.0, None, 0.0, -4.0, 1050.0, 0.11, 11.0]
    days = [date(2024, 1, 2) + timedelta(days=day) for day in range(len(closes))]
    yahoo.listings["ACME"] = Listing([Quote(day, close) for day, close in zip(days, closes, strict=True)])

    price_refresh.ensure_history("ACME")

    assert bronze.closes("ACME") == {"2024-01-02": 10, "2024-01-08": 11}
    assert [(row[1].day, row[3]) for row in bronze.quarantine() if row[2] == "bar"] == [
        (3, "not_a_number"),
        (4, "zero"),
        (5, "negative"),
        (6, "jump"),
        (7, "jump"),
    ]


def test_a_jump_that_a_split_explains_is_a_price(yahoo: Yahoo, bronze: Bronze) -> None:
    # A 1:100 reverse split that Yahoo has not yet worked into the days before it.
    quotes = [Quote(date(2024, 1, 2), 0.5), Quote(date(2024, 1, 3), 0.5), Quote(date(2024, 1, 4), 52.0)]
    yahoo.listings["ACME"] = Listing(quotes, splits={date(2024, 1, 4): (1, 100)})

    price_refresh.ensure_history("ACME")

    assert bronze.closes("ACME") == {"2024-01-02": 0.5, "2024-01-03": 0.5, "2024-01-04": 52}
    assert bronze.quarantine() == []


def test_suggestions_are_tickers_only(yahoo: Yahoo) -> None:
    yahoo.found = [
        {"symbol": "ACME", "longname": "Acme Corp.", "exchDisp": "NYSE", "quoteType": "EQUITY"},
        {"symbol": "ACME240119C00100000", "quoteType": "OPTION"},
        {"name": "Acme, a private company"},
    ]

    assert price_refresh.search("acme") == [TickerSuggestion("ACME", "Acme Corp.", "NYSE", "EQUITY")]


def test_tickers_that_the_folder_lists_come_from_it_and_the_others_from_yahoo(
    yahoo: Yahoo, bronze: Bronze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES_SOURCE_DIR", str(tmp_path))
    yahoo.listings["^GSPC"] = Listing([Quote(date(2024, 1, 2), 4700.0)])
    price_refresh.ensure_history("^GSPC")
    (tmp_path / "prices").mkdir()
    lagos = FilesFolder(tmp_path)
    lagos.asset("DANGCEM.NG", name="Dangote Cement", currency="NGN")
    lagos.asset("NGNUSD=X", quote_type="CURRENCY")
    lagos.closes("DANGCEM.NG", {"2024-06-03": "656.70"})
    lagos.closes("NGNUSD=X", {"2024-06-03": "0.00067"})

    assert price_refresh.ensure_history("DANGCEM.NG").currency == "NGN"
    assert [found.ticker for found in price_refresh.search("dang")] == ["DANGCEM.NG"]
    lagos.closes("DANGCEM.NG", {"2024-06-03": "656.70", "2024-06-04": 660})
    summary = price_refresh.refresh_known_tickers()

    assert (summary.failures, summary.rows_changed) == ({}, 1)
    assert bronze.rows("select distinct ticker, source from bronze.raw_prices order by 1") == [
        ("DANGCEM.NG", "files"),
        ("^GSPC", "yahoo"),
    ]
    assert price_refresh.ensure_history("NGNUSD=X").last_price_date == date(2024, 6, 3)


def test_many_tickers_are_asked_for_politely_and_with_progress(
    yahoo: Yahoo, replay: Replay, bronze: Bronze, caplog: pytest.LogCaptureFixture
) -> None:
    tickers = ["^GSPC", *(f"T{number}" for number in range(59))]
    yahoo.listings |= {ticker: Listing([Quote(date(2024, 1, 2), 10.0)]) for ticker in tickers}
    values = ", ".join(f"('{ticker}', 'yahoo')" for ticker in tickers)
    bronze.connection.execute(f"insert into bronze.raw_assets (ticker, source) values {values}")
    replay.faults.append(Fault("/chart/T7", Answer(b"<html>", 200)))

    with caplog.at_level("INFO", logger="ingestion.prices.price_refresh"):
        summary = price_refresh.refresh_known_tickers()

    assert (summary.subjects, list(summary.failures)) == (60, ["T7"])
    assert bronze.rows("select count(*) from bronze.raw_prices") == [(59,)]
    assert 1 < replay.most_at_once <= 8
    progress = [record.getMessage() for record in caplog.records if "tickers done" in record.getMessage()]
    assert progress == [f"Prices: {done} of 60 tickers done" for done in (25, 50, 60)]
