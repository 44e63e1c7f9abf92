"""The refresh of all prices out of a folder of files: one ticker's trouble is not the others', and back-fills."""

import pytest

from ingestion.errors import ProviderUnavailableError, UnknownTickerError
from ingestion.prices import price_refresh
from tests.ingestion.conftest import Bronze, FilesFolder


def test_one_tickers_trouble_does_not_stop_the_others(folder: FilesFolder, bronze: Bronze) -> None:
    for ticker in ("ACME", "BOOM", "^GSPC"):
        folder.asset(ticker)
        folder.closes(ticker, {"2024-01-02": 10})
        price_refresh.ensure_history(ticker)
    folder.closes("ACME", {"2024-01-02": 10, "2024-01-03": 11})
    (folder.path / "prices" / "BOOM.csv").write_bytes(b"date,close\n2024-01-02,\xff\n")

    summary = price_refresh.refresh_known_tickers()

    assert (summary.subjects, summary.rows_changed) == (3, 1)
    assert list(summary.failures) == ["BOOM"]
    assert summary.failures["BOOM"] == (
        "BOOM.csv, line 2: not UTF-8. Save the file as UTF-8. Nothing in the file was loaded."
    )
    assert bronze.closes("BOOM") == {"2024-01-02": 10}
    assert ("BOOM", "malformed_file") in bronze.outcomes()


def test_a_provider_that_gives_nothing_at_all_fails_the_refresh(folder: FilesFolder, bronze: Bronze) -> None:
    with pytest.raises(ProviderUnavailableError, match=r"All 1 fetches failed. \^GSPC: .*assets\.csv can't be read"):
        price_refresh.refresh_known_tickers()


def test_a_backfill_does_not_fail_with_its_provider(folder: FilesFolder, bronze: Bronze) -> None:
    assert list(price_refresh.backfill_missing_history().failures) == ["^GSPC"]


def test_the_ledgers_tickers_and_their_currency_pairs_are_backfilled(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("VOD.L", currency="GBp")
    folder.asset("GBPUSD=X", quote_type="CURRENCY")
    folder.asset("^GSPC", quote_type="INDEX")
    for ticker in ("VOD.L", "GBPUSD=X", "^GSPC"):
        folder.closes(ticker, {"2024-01-02": 70})
    bronze.connection.execute(
        """
        insert into bronze.transactions
            (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
        values (gen_random_uuid(), 1, gen_random_uuid(), 'VOD.L', 'BUY', 1, 70, 'GBP', '2024-01-02'),
            (gen_random_uuid(), 1, gen_random_uuid(), 'GONE', 'BUY', 1, 70, 'USD', '2024-01-02')
        """
    )

    summary = price_refresh.backfill_missing_history()

    for ticker in ("VOD.L", "^GSPC", "GBPUSD=X"):
        assert bronze.closes(ticker) == {"2024-01-02": 70}
    assert summary.subjects == 4
    assert list(summary.failures) == ["GONE"]


def test_only_the_tickers_that_were_named_are_asked_for(folder: FilesFolder, bronze: Bronze) -> None:
    for ticker in ("ACME", "BOOM"):
        folder.asset(ticker)
        folder.closes(ticker, {"2024-01-02": 10})

    summary = price_refresh.refresh_known_tickers(only=["acme", "ACME"])

    assert (summary.subjects, summary.failures) == (1, {})
    assert (bronze.closes("ACME"), bronze.closes("BOOM")) == ({"2024-01-02": 10}, {})
    with pytest.raises(UnknownTickerError, match="is not a ticker"):
        price_refresh.refresh_known_tickers(only=["BOOM", "../x"])
    assert bronze.closes("BOOM") == {}


def test_a_ticker_that_could_not_be_backfilled_rests_before_it_is_asked_for_again(
    folder: FilesFolder, bronze: Bronze
) -> None:
    first, at_once = price_refresh.backfill_missing_history(), price_refresh.backfill_missing_history()
    bronze.connection.execute("update bronze.ingestion_runs set started_at = started_at - interval '11 minutes'")
    later = price_refresh.backfill_missing_history()

    assert [summary.subjects for summary in (first, at_once, later)] == [1, 0, 1]
    assert list(later.failures) == ["^GSPC"]


def test_a_foreign_benchmarks_currency_pair_is_backfilled(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("^FTSE", quote_type="INDEX", currency="GBP")
    folder.asset("GBPUSD=X", quote_type="CURRENCY")
    folder.asset("^GSPC", quote_type="INDEX")
    for ticker in ("^FTSE", "GBPUSD=X", "^GSPC"):
        folder.closes(ticker, {"2024-01-02": 70})
    bronze.connection.execute(
        """
        with added as (
            insert into public.users (user_id, email, password_hash)
            values (gen_random_uuid(), 'f@example.org', 'x') returning user_id
        )
        insert into public.portfolio_settings (user_id, benchmark) select user_id, '^FTSE' from added
        """
    )

    summary = price_refresh.backfill_missing_history()

    assert bronze.closes("GBPUSD=X") == {"2024-01-02": 70}
    assert (summary.subjects, summary.failures) == (3, {})
