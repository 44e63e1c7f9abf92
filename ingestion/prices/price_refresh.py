"""Prices by ticker: what the API asks for when a trade comes in, and what the schedules refresh."""

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
# After so many tickers in a row without an answer, for each that is asked at the same time, the rest is left alone.
FAILURES_IN_A_ROW = 2
LONGEST_REFRESH = 3600
PROGRESS_EVERY = 25


def ensure_history(ticker: str) -> TickerInfo:
    """The ticker, whose full price history is in bronze when this returns.

    At once when it was there before; else prices, corporate actions and asset are fetched and stored in one
    transaction. Two calls at once fetch once. All of it, waiting for the other call too, takes ten seconds at most.

    Raises:
        UnknownTickerError: There is no such ticker.
        NoPricesError: There is, but nobody has prices of it.
        ProviderUnavailableError: The provider can't be asked now. Nothing was stored.

    """
    ticker, settings = checked_ticker(ticker), IngestionSettings()
    with bronze.connect(settings) as connection:
        known = bronze.ticker_info(connection, ticker)
        if known is not None:
            return known
        with patience(SOMEBODY_WAITS), bronze.sole_writer(connection, ticker):
            return _stored_or_fetched(connection, ticker, settings)


def stored(ticker: str) -> TickerInfo | None:
    """The ticker when its price history is in bronze already; nobody is asked for it.

    Raises:
        UnknownTickerError: Nothing of that form is a ticker.

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
        raise NoPricesError(f"{source.name} knows {ticker} but has no usable price of it.")
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
    """Tickers that fit what somebody typed, the best first."""
    if not text.strip():
        return []
    with patience(SOMEBODY_WAITS):
        return suggestions(IngestionSettings(), text, limit)


def refresh_known_tickers(since: date | None = None, only: Sequence[str] = ()) -> RefreshSummary:
    """Bring every ticker that is stored, in a ledger or a benchmark up to date; one's trouble never stops the others.

    Args:
        since: Compare at least from this day on with what is stored, instead of the last two weeks.
        only: These tickers instead, known or not.

    Raises:
        UnknownTickerError: One of `only` can't be a ticker. Nothing was fetched.
        ProviderUnavailableError: The provider gave nothing for any ticker.

    """
    outcomes = _refresh_all(only_missing=False, since=since, only=list(dict.fromkeys(map(checked_ticker, only))))
    refuse_an_outage(outcomes)
    return _reported(outcomes)


def backfill_missing_history() -> RefreshSummary:
    """Fetch the tickers that a ledger or a portfolio's settings name and that have no prices.

    Raises nothing when the provider is down: models of what is stored need not wait for it. Somebody's new trade does,
    so a ticker that can't be fetched is given up soon, and left alone for a while (bronze.REST).
    """
    return _reported(_refresh_all(only_missing=True))


def history_is_missing() -> bool:
    """Whether backfill_missing_history would ask for any ticker now."""
    return bool(_known_tickers(IngestionSettings(), only_missing=True))


def _stored_or_fetched(connection: bronze.Connection, ticker: str, settings: IngestionSettings) -> TickerInfo:
    """Look again, now as the sole writer: whoever held the lock before may have fetched it."""
    known = bronze.ticker_info(connection, ticker)
    if known is None:
        source = price_source(settings, ticker)
        with recorded(connection, Run("prices", ticker, source.name)) as run:
            load_whole(connection, source, run)
        known = bronze.ticker_info(connection, ticker)
    if known is None:
        raise NoPricesError(f"The prices of {ticker} were removed while they were read: try again.")
    return known


def _refresh_all(*, only_missing: bool, since: date | None = None, only: Sequence[str] = ()) -> list[Outcome]:
    settings = IngestionSettings()
    parallel = price_source(settings).parallel_requests
    watch = OutageWatch(FAILURES_IN_A_ROW * parallel, LONGEST_REFRESH)
    outcomes: dict[str, Outcome] = {}
    with bronze.connections(settings, parallel) as pool, ThreadPoolExecutor(parallel) as threads:
        refresher = _Refresher(settings, pool, watch, since, uuid4(), SOMEBODY_WAITS if only_missing else SCHEDULED)
        # Again until nothing new turns up: which currency pairs are needed is known only when the assets are.
        while tickers := [
            ticker for ticker in only or _known_tickers(settings, only_missing=only_missing) if ticker not in outcomes
        ]:
            for done, outcome in enumerate(threads.map(refresher.refresh_one, tickers), start=1):
                outcomes[outcome.run.subject] = outcome
                if done % PROGRESS_EVERY == 0 or done == len(tickers):
                    logger.info("Prices: %d of %d tickers asked for", done, len(tickers))
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
    """What the tickers of one run have in common."""

    settings: IngestionSettings
    pool: ConnectionPool[bronze.Connection]
    watch: OutageWatch
    since: date | None
    run_id: UUID
    patience: Patience

    def refresh_one(self, ticker: str) -> Outcome:
        """Refresh one ticker; its trouble is its outcome."""
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
