"""Prices by ticker: fetched for the API when a trade comes in, and refreshed on schedule."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError, NoPricesError
from ingestion.prices.history import load_whole, refresh
from ingestion.prices.plausibility import checked
from ingestion.providers import price_source, suggestions
from ingestion.records import RefreshSummary, TickerInfo, TickerSuggestion
from ingestion.retries import SCHEDULED, SOMEBODY_WAITS, OutageWatch, Patience, patience
from ingestion.store import bronze
from ingestion.store.runs import Outcome, Run, recorded, refuse_an_outage, summarised
from ingestion.tickers import checked_ticker

__all__ = [
    "RefreshSummary",
    "TickerInfo",
    "TickerSuggestion",
    "backfill_missing_history",
    "describe",
    "ensure_history",
    "history_is_missing",
    "refresh_known_tickers",
    "search",
    "stored",
]

logger = logging.getLogger(__name__)
DEFAULT_BENCHMARK = "^GSPC"
# Stop after this many tickers in a row without an answer, times the number asked in parallel.
FAILURES_IN_A_ROW = 2
LONGEST_REFRESH = 3600
PROGRESS_EVERY = 25


def ensure_history(ticker: str) -> TickerInfo:
    """The ticker, with its full price history in bronze.

    Returns at once if it is there already. Otherwise it fetches prices, corporate actions and asset, and stores them in
    one transaction. Two concurrent calls fetch once. It takes ten seconds at most, including the wait for the other
    call.

    Raises:
        UnknownTickerError: There is no such ticker.
        NoPricesError: The ticker exists, but has no prices.
        ProviderUnavailableError: The provider is unavailable. Nothing was stored.

    """
    ticker, settings = checked_ticker(ticker), IngestionSettings()
    with bronze.connect(settings) as connection:
        known = bronze.ticker_info(connection, ticker)
        if known is not None:
            return known
        with patience(SOMEBODY_WAITS), bronze.sole_writer(connection, ticker):
            return _stored_or_fetched(connection, ticker, settings)


def stored(ticker: str) -> TickerInfo | None:
    """The ticker if its price history is in bronze; asks no provider.

    Raises:
        UnknownTickerError: The text can't be a ticker.

    """
    with bronze.connect(IngestionSettings()) as connection:
        return bronze.ticker_info(connection, checked_ticker(ticker))


def describe(ticker: str) -> TickerInfo:
    """The ticker as the provider describes it, without storing anything; errors as in ensure_history."""
    ticker, settings = checked_ticker(ticker), IngestionSettings()
    source = price_source(settings, ticker)
    with patience(SOMEBODY_WAITS):
        asset, bars = source.asset(ticker), checked(source.history(ticker)).bars
    if not bars:
        raise NoPricesError(f"{source.name} knows {ticker} but has no usable price for it.")
    return TickerInfo(
        ticker=asset.ticker,
        name=asset.name,
        quote_type=asset.quote_type,
        asset_class=asset.asset_class,
        exchange=asset.exchange,
        currency=asset.currency,
        timezone=asset.timezone,
        first_price_date=bars[0].price_date,
        last_price_date=bars[-1].price_date,
    )


def search(text: str, limit: int = 10) -> list[TickerSuggestion]:
    """Tickers that match the text, best first."""
    if not text.strip():
        return []
    with patience(SOMEBODY_WAITS):
        return suggestions(IngestionSettings(), text, limit)


def refresh_known_tickers(since: date | None = None, only: Sequence[str] = ()) -> RefreshSummary:
    """Update every ticker that is stored, in a ledger or a benchmark; a failing ticker never stops the others.

    Args:
        since: Compare with stored prices at least from this day on, instead of the last two weeks.
        only: Just these tickers, known or not.

    Raises:
        UnknownTickerError: One of `only` can't be a ticker. Nothing was fetched.
        ProviderUnavailableError: The provider failed for every ticker.

    """
    outcomes = _refresh_all(only_missing=False, since=since, only=list(dict.fromkeys(map(checked_ticker, only))))
    refuse_an_outage(outcomes)
    return _reported(outcomes)


def backfill_missing_history() -> RefreshSummary:
    """Fetch the tickers without prices that a ledger or a portfolio's settings name.

    Raises nothing when the provider is down: models of stored data need not wait for it. A new trade does, so it gives
    up on a ticker soon and leaves it alone for a while (bronze.REST).
    """
    return _reported(_refresh_all(only_missing=True))


def history_is_missing() -> bool:
    """Whether backfill_missing_history would fetch any ticker now."""
    return bool(_known_tickers(IngestionSettings(), only_missing=True))


def _stored_or_fetched(connection: bronze.Connection, ticker: str, settings: IngestionSettings) -> TickerInfo:
    """Look again as the sole writer: the previous one may have fetched it."""
    known = bronze.ticker_info(connection, ticker)
    if known is None:
        source = price_source(settings, ticker)
        with recorded(connection, Run("prices", ticker, source.name)) as run:
            load_whole(connection, source, run)
        known = bronze.ticker_info(connection, ticker)
    if known is None:
        raise NoPricesError(f"The prices of {ticker} were just removed. Try again.")
    return known


def _refresh_all(*, only_missing: bool, since: date | None = None, only: Sequence[str] = ()) -> list[Outcome]:
    settings = IngestionSettings()
    parallel = price_source(settings).parallel_requests
    watch = OutageWatch(FAILURES_IN_A_ROW * parallel, LONGEST_REFRESH)
    outcomes: dict[str, Outcome] = {}
    with bronze.connections(settings, parallel) as pool, ThreadPoolExecutor(parallel) as threads:
        refresher = _Refresher(settings, pool, watch, since, uuid4(), SOMEBODY_WAITS if only_missing else SCHEDULED)
        # Repeat until nothing new turns up: the assets decide which currency pairs are needed.
        while tickers := [
            ticker for ticker in only or _known_tickers(settings, only_missing=only_missing) if ticker not in outcomes
        ]:
            for done, outcome in enumerate(threads.map(refresher.refresh_one, tickers), start=1):
                outcomes[outcome.run.subject] = outcome
                if done % PROGRESS_EVERY == 0 or done == len(tickers):
                    logger.info("Prices: %d of %d tickers done", done, len(tickers))
    return list(outcomes.values())


def _reported(outcomes: Sequence[Outcome]) -> RefreshSummary:
    summary = summarised(outcomes)
    logger.info("Prices: %s", summary)
    return summary


def _known_tickers(settings: IngestionSettings, *, only_missing: bool) -> Sequence[str]:
    with bronze.connect(settings) as connection:
        return bronze.known_tickers(connection, DEFAULT_BENCHMARK, only_missing=only_missing)


@dataclass(frozen=True)
class _Refresher:
    """What the tickers of one run share."""

    settings: IngestionSettings
    pool: ConnectionPool[bronze.Connection]
    watch: OutageWatch
    since: date | None
    run_id: UUID
    patience: Patience

    def refresh_one(self, ticker: str) -> Outcome:
        """Refresh one ticker; a failure becomes its outcome."""
        run = Run("prices", ticker, self.settings.price_source, self.run_id)
        error = None
        try:
            with patience(self.patience), self.pool.connection() as connection, recorded(connection, run):
                source = price_source(self.settings, ticker)
                run.source = source.name
                with bronze.sole_writer(connection, ticker):
                    self.watch.check()
                    refresh(connection, source, run, self.since)
        except IngestionError as failure:
            error = failure
        self.watch.note(error)
        return Outcome(run, error)
