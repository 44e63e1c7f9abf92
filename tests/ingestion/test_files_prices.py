"""Prices out of a folder of files, from the first trade of a ticker to its refresh."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from ingestion.config import IngestionSettings
from ingestion.errors import BusyError, MalformedFileError, NoPricesError, ProviderUnavailableError, UnknownTickerError
from ingestion.prices import price_refresh
from ingestion.retries import Patience
from ingestion.store.bronze import connect, sole_writer
from tests.ingestion.conftest import ASSET_HEADER, Bronze, FilesFolder


def test_the_first_call_stores_prices_actions_and_asset(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME", name="Acme Corp.")
    folder.prices("ACME", "2024-01-02,10,12,9,11,5.4,1000,0.25,1\n2024-01-03,5,6,5,5.5,5.5,2000,,2\n")

    info = price_refresh.ensure_history("acme")

    assert info == price_refresh.TickerInfo(
        ticker="ACME",
        name="Acme Corp.",
        quote_type="EQUITY",
        asset_class="equity",
        exchange="NYSE",
        currency="USD",
        timezone="America/New_York",
        first_price_date=date(2024, 1, 2),
        last_price_date=date(2024, 1, 3),
    )
    bars = "select price_date, open, high, low, close, adj_close, volume, currency, price_basis, source"
    assert bronze.rows(f"{bars} from bronze.raw_prices order by 1") == [
        (date(2024, 1, 2), 10, 12, 9, 11, Decimal("5.4"), 1000, "USD", "as_traded", "files"),
        (date(2024, 1, 3), 5, 6, 5, Decimal("5.5"), Decimal("5.5"), 2000, "USD", "as_traded", "files"),
    ]
    actions = "select ex_date, action, value, currency, price_basis from bronze.raw_corporate_actions order by 1"
    assert bronze.rows(actions) == [
        (date(2024, 1, 2), "dividend", Decimal("0.25"), "USD", "as_traded"),
        (date(2024, 1, 3), "split", 2, None, "as_traded"),
    ]
    assert bronze.rows("select ticker, asset_class, sector from bronze.raw_assets") == [
        ("ACME", "equity", "Technology")
    ]
    runs = "select kind, subject, outcome, rows_received, rows_changed, rows_refused from bronze.ingestion_runs"
    assert bronze.rows(runs) == [("prices", "ACME", "loaded", 4, 4, 0)]


def test_a_stored_ticker_asks_nobody(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 10})
    first = price_refresh.ensure_history("ACME")
    (folder.path / "assets.csv").unlink()

    assert price_refresh.ensure_history("ACME") == first
    assert price_refresh.stored("ACME") == first
    assert bronze.outcomes() == [("ACME", "loaded")]


def test_eight_calls_at_once_fetch_once(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 10})

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(price_refresh.ensure_history, ["ACME"] * 8))

    assert len(answers) == 1
    assert bronze.outcomes() == [("ACME", "loaded")]


def test_nobody_waits_longer_for_another_call_than_for_the_provider(
    folder: FilesFolder, bronze: Bronze, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 10})
    monkeypatch.setattr(price_refresh, "SOMEBODY_WAITS", Patience(attempts=1, seconds=0.3))

    with connect(IngestionSettings()) as somebody, sole_writer(somebody, "ACME"), pytest.raises(BusyError):
        price_refresh.ensure_history("ACME")

    assert price_refresh.ensure_history("ACME").first_price_date == date(2024, 1, 2)


def test_an_unknown_ticker_is_refused_and_nothing_is_stored(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")

    with pytest.raises(UnknownTickerError, match=r"Unknown ticker ACNE: assets\.csv has no row for it"):
        price_refresh.ensure_history("ACNE")

    assert bronze.is_empty()
    assert bronze.outcomes() == [("ACNE", "unknown_ticker")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../ACME",
        "A/B",
        "ACME\n",
        "ACME\0",
        "'; DROP",
        "\N{FULLWIDTH LATIN CAPITAL LETTER A}CME",
        "GRO\N{LATIN SMALL LETTER SHARP S}",
        "-ACME",
        "A" * 33,
    ],
)
def test_what_is_not_a_ticker_never_becomes_a_path(folder: FilesFolder, bronze: Bronze, text: str) -> None:
    with pytest.raises(UnknownTickerError, match="is not a ticker"):
        price_refresh.ensure_history(text)
    with pytest.raises(UnknownTickerError, match="is not a ticker"):
        price_refresh.describe(text)

    assert bronze.outcomes() == []


def test_a_listed_ticker_without_a_file_has_no_prices(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")

    with pytest.raises(NoPricesError, match=r"there is no prices/ACME\.csv"):
        price_refresh.ensure_history("ACME")

    assert bronze.is_empty()


def test_a_broken_folder_stores_nothing(folder: FilesFolder, bronze: Bronze) -> None:
    with pytest.raises(ProviderUnavailableError, match=r"assets\.csv can't be read"):
        price_refresh.ensure_history("ACME")
    folder.asset("ACME")
    (folder.path / "prices" / "ACME.csv").write_text("day,price\n2024-01-02,10\n")
    with pytest.raises(ProviderUnavailableError, match=r"ACME\.csv, line 1: the header lacks date, close"):
        price_refresh.ensure_history("ACME")

    assert bronze.is_empty()
    assert bronze.outcomes() == [("ACME", "malformed_file")] * 2


def test_impossible_rows_go_to_quarantine_and_good_ones_load(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.prices(
        "ACME",
        "2024-01-02,10,12,9,11,,100,,\n"  # good
        "2024-01-03,,,,NaN,,,,\n"
        "2024-01-04,,,,-5,,,,\n"
        "2024-01-05,,,,0,,,,\n"
        "2024-01-06,,,,,,,,\n"
        "2024-01-07,,,,Infinity,,,,\n"
        "2024-01-08,,,,1100,,,,\n"  # a hundredfold
        "2024-01-09,,,,0.11,,,,\n"  # a hundredth
        "2024-01-02,,,,99,,,,\n"  # the second row of a day
        "2024-01-10,0,12,0.09,12,,-1,-0.5,\n"  # a good close beside impossible values
        "2099-01-01,,,,12,,,,\n",
    )

    price_refresh.ensure_history("ACME")

    assert bronze.closes("ACME") == {"2024-01-02": 11, "2024-01-10": 12}
    row = "select open, high, low, volume from bronze.raw_prices where price_date = '2024-01-10'"
    assert bronze.rows(row) == [(None, 12, None, None)]
    assert bronze.quarantine() == [
        ("ACME", date(2024, 1, 2), "bar", "duplicate"),
        ("ACME", date(2024, 1, 3), "bar", "not_a_number"),
        ("ACME", date(2024, 1, 4), "bar", "negative"),
        ("ACME", date(2024, 1, 5), "bar", "zero"),
        ("ACME", date(2024, 1, 6), "bar", "not_a_number"),
        ("ACME", date(2024, 1, 7), "bar", "not_a_number"),
        ("ACME", date(2024, 1, 8), "bar", "jump"),
        ("ACME", date(2024, 1, 9), "bar", "jump"),
        ("ACME", date(2024, 1, 10), "dividend", "negative"),
        ("ACME", date(2024, 1, 10), "low", "jump"),
        ("ACME", date(2024, 1, 10), "open", "zero"),
        ("ACME", date(2024, 1, 10), "volume", "negative"),
        ("ACME", date(2099, 1, 1), "bar", "future"),
    ]
    received = "select received->>'close' from bronze.quarantined_rows where reason = 'duplicate'"
    assert bronze.rows(received) == [("99",)], "not loaded, and not lost"
    counts = "select rows_received, rows_changed, rows_refused, message from bronze.ingestion_runs"
    ((received_rows, changed, refused, message),) = bronze.rows(counts)
    assert (received_rows, changed, refused) == (12, 2, 13)
    assert "2024-01-04: bar refused (negative): close -5" in message
    assert message.endswith("and 8 more")


def test_a_corrected_value_supersedes_its_entry(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 0, "2024-01-04": 12})
    price_refresh.ensure_history("ACME")
    assert bronze.quarantine() == [("ACME", date(2024, 1, 3), "bar", "zero")]
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 11, "2024-01-04": 12})

    price_refresh.backfill_missing_history()
    assert bronze.quarantine() == [("ACME", date(2024, 1, 3), "bar", "zero")], "nobody has asked again"
    price_refresh.refresh_known_tickers()

    assert bronze.closes("ACME") == {"2024-01-02": 10, "2024-01-03": 11, "2024-01-04": 12}
    assert bronze.quarantine() == []
    trace = "select received->>'close', superseded_at is not null from bronze.quarantined_rows"
    assert bronze.rows(trace) == [("0", True)]
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 0, "2024-01-04": 12})
    price_refresh.refresh_known_tickers()
    assert bronze.quarantine() == [("ACME", date(2024, 1, 3), "bar", "zero")]
    assert bronze.closes("ACME")["2024-01-03"] == 11, "the last good value stays"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("2024-01-02,,,,ten,,,,\n", "line 2: close is 'ten': write numbers like 1234.5"),
        ('2024-01-02,,,,"1,234.5",,,,\n', "line 2: close is '1,234.5'"),
        ("2024-01-02,,,,1_0,,,,\n", "line 2: close is '1_0'"),
        ("2024-01-02,,,,10,,,,\n2024-13-08,,,,10,,,,\n", "line 3: date is '2024-13-08': write dates like 2024-01-31"),
        ("02/01/2024,,,,10,,,,\n", "line 2: date is '02/01/2024'"),
        ("2024-01-02,10\n", "line 2: the number of cells"),
        ("2024-01-02,,,,10,,,,,\n", "line 2: the number of cells"),
        ('2024-01-02,,,,"10,,,,\n', "line 2: unexpected end of data"),
    ],
)
def test_a_malformed_file_is_refused_whole(folder: FilesFolder, bronze: Bronze, rows: str, reason: str) -> None:
    folder.asset("ACME")
    folder.prices("ACME", rows)

    with pytest.raises(MalformedFileError) as caught:
        price_refresh.ensure_history("ACME")

    assert "ACME.csv" in str(caught.value)
    assert reason in str(caught.value)
    assert bronze.is_empty()
    assert bronze.outcomes() == [("ACME", "malformed_file")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("../ACME,,USD,,,,as_traded,\n", "line 2: '../ACME' is not a ticker"),
        ("ACME,,US$,,,,as_traded,\n", "line 2: ACME has currency 'US$'"),
        ("ACME,,USD,,,,adjusted,\n", "line 2: ACME has price_basis 'adjusted'"),
        ("ACME,,USD,,,,,\nacme,,USD,,,,,\n", "line 3: second row for ACME"),
    ],
)
def test_a_malformed_table_of_assets_is_refused_whole(folder: FilesFolder, row: str, reason: str) -> None:
    (folder.path / "assets.csv").write_text(ASSET_HEADER + row)

    with pytest.raises(MalformedFileError) as caught:
        price_refresh.describe("ACME")

    assert f"assets.csv, {reason}" in str(caught.value)


def test_a_misspelt_column_is_not_ignored(folder: FilesFolder) -> None:
    folder.asset("ACME")
    (folder.path / "prices" / "ACME.csv").write_text("date,close,dividend\n2024-01-02,10,1\n")

    with pytest.raises(MalformedFileError, match="the header has an unknown column 'dividend'"):
        price_refresh.describe("ACME")


def test_a_ticker_of_impossible_rows_only_has_no_prices(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 0})

    with pytest.raises(NoPricesError, match="files knows ACME but has no usable price"):
        price_refresh.ensure_history("ACME")

    assert bronze.is_empty()


def test_a_changed_file_is_a_changed_history(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.asset("^GSPC", quote_type="INDEX")
    folder.closes("^GSPC", {"2024-01-02": 4700})
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 11, "2024-01-04": 12}, splits={"2024-01-04": 2})
    price_refresh.ensure_history("ACME")
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": "11.5", "2024-01-05": 13})

    summary = price_refresh.refresh_known_tickers()

    assert bronze.closes("ACME") == {"2024-01-02": 10, "2024-01-03": 11.5, "2024-01-05": 13}
    assert bronze.rows("select count(*) from bronze.raw_corporate_actions") == [(0,)]
    # The benchmark's bar, one corrected, one new, one removed bar, one removed split.
    assert (summary.subjects, summary.rows_changed, summary.failures) == (2, 5, {})
    assert price_refresh.refresh_known_tickers().rows_changed == 0


def test_another_basis_or_currency_of_the_same_prices_is_a_changed_history(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 5}, splits={"2024-01-03": 2})
    price_refresh.ensure_history("ACME")
    assets = folder.path / "assets.csv"
    assets.write_text(assets.read_text().replace("as_traded", "split_adjusted").replace("USD", "EUR"))

    assert price_refresh.refresh_known_tickers().rows_changed == 3
    terms = "select distinct currency, price_basis from bronze.raw_prices"
    assert bronze.rows(terms) == [("EUR", "split_adjusted")]
    assert bronze.rows("select price_basis from bronze.raw_corporate_actions") == [("split_adjusted",)]
    assert bronze.rows("select currency from bronze.raw_assets") == [("EUR",)]


def test_a_description_stores_nothing(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME", name="Acme Corp.")
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-05": 12})

    info = price_refresh.describe("ACME")

    assert (info.name, info.first_price_date, info.last_price_date) == (
        "Acme Corp.",
        date(2024, 1, 2),
        date(2024, 1, 5),
    )
    assert bronze.is_empty()


def test_search_puts_tickers_before_names(folder: FilesFolder) -> None:
    folder.asset("IBM", name="International Business Machines")
    folder.asset("BUS", name="Omnibus")
    folder.asset("^IXIC", name="NASDAQ Composite", quote_type="INDEX")

    assert [found.ticker for found in price_refresh.search("bus")] == ["BUS", "IBM"]
    assert [found.ticker for found in price_refresh.search("ixi")] == ["^IXIC"]
    assert [found.ticker for found in price_refresh.search("b", limit=1)] == ["BUS"]
    assert price_refresh.search("  ") == []
