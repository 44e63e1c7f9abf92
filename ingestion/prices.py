"""Prices by ticker: what the API asks for when a trade comes in, and what the schedules refresh."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from ingestion import bronze
from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError, NoPricesError
from ingestion.history import load_whole, refresh
from ingestion.plausibility import checked
from ingestion.records import RefreshSummary, TickerInfo, TickerSuggestion, checked_ticker
from ingestion.runs import Outcome, Run, recorded, refuse_an_outage, summarised
from ingestion.sources import price_source
from ingestion.sources.interface import PriceSource

__all__ = [
    "RefreshSummary",
    "TickerInfo",
    "TickerSuggestion",
    "backfill_missing_history",
    "describe",
    "ensure_history",
    "refresh_known_tickers",
    "search",
]

logger = logging.getLogger(__name__)
DEFAULT_BENCHMARK = "^GSPC"


def ensure_history(ticker: str) -> TickerInfo:
    """The ticker, whose full price history is in bronze when this returns.

    At once when it was there before; else prices, corporate actions and asset are fetched and stored in one
    transaction. Two calls at once fetch once.

    Raises:
        UnknownTickerError: There is no such ticker.
        NoPricesError: There is, but nobody has prices of it.
        ProviderUnavailableError: The provider can't be asked now. Nothing was stored.

    """
    ticker, settings = checked_ticker(ticker), IngestionSettings()
    with bronze.connect(settings) as connection:
        stored = bronze.ticker_info(connection, ticker)
        if stored is not None:
            return stored
        with bronze.sole_writer(connection, ticker):
            return _stored_or_fetched(connection, ticker, settings)


def describe(ticker: str) -> TickerInfo:
    """The ticker as it is stored, or as the provider describes it, without storing; errors as in ensure_history."""
    ticker, settings = checked_ticker(ticker), IngestionSettings()
    with bronze.connect(settings) as connection:
        stored = bronze.ticker_info(connection, ticker)
    if stored is not None:
        return stored
    source = price_source(settings)
    asset, history = source.asset(ticker), checked(source.history(ticker)).history
    if not history.bars:
        raise NoPricesError(f"{source.name} knows {ticker} but has no usable price of it.")
    return TickerInfo(
        ticker=asset.ticker,
        name=asset.name,
        quote_type=asset.quote_type,
        asset_class=asset.asset_class,
        exchange=asset.exchange,
        currency=asset.currency,
        timezone=asset.timezone,
        first_price_date=history.bars[0].price_date,
        last_price_date=history.bars[-1].price_date,
    )


def search(text: str, limit: int = 10) -> list[TickerSuggestion]:
    """Tickers that fit what somebody typed, the best first."""
    return price_source(IngestionSettings()).search(text, limit) if text.strip() else []


def refresh_known_tickers() -> RefreshSummary:
    """Bring every ticker that is stored, in a ledger or a benchmark up to date; one's trouble never stops the others.

    Raises:
        ProviderUnavailableError: The provider gave nothing for any ticker.

    """
    outcomes = _refresh_all(only_missing=False)
    refuse_an_outage(outcomes)
    return _reported(outcomes)


def backfill_missing_history() -> RefreshSummary:
    """Fetch the tickers that a ledger or a portfolio's settings name and that have no prices.

    Raises nothing when the provider is down: models of what is stored need not wait for it.
    """
    return _reported(_refresh_all(only_missing=True))


def _stored_or_fetched(connection: bronze.Connection, ticker: str, settings: IngestionSettings) -> TickerInfo:
    """Look again, now as the sole writer: whoever held the lock before may have fetched it."""
    stored = bronze.ticker_info(connection, ticker)
    if stored is None:
        source = price_source(settings)
        with recorded(connection, Run("prices", ticker, source.name)) as run:
            load_whole(connection, source, run)
        stored = bronze.ticker_info(connection, ticker)
    if stored is None:
        raise NoPricesError(f"The prices of {ticker} were removed while they were read: try again.")
    return stored


def _refresh_all(*, only_missing: bool) -> list[Outcome]:
    settings, run_id = IngestionSettings(), uuid4()
    source = price_source(settings)
    outcomes: dict[str, Outcome] = {}
    # Again until nothing new turns up: which currency pairs are needed is known only when the assets are.
    while tickers := [
        ticker for ticker in _known_tickers(settings, only_missing=only_missing) if ticker not in outcomes
    ]:
        logger.info("Fetching %d tickers from %s", len(tickers), source.name)
        with ThreadPoolExecutor(source.parallel_requests) as threads:
            loaded = threads.map(lambda ticker: _refresh_one(ticker, source, settings, run_id), tickers)
            outcomes |= zip(tickers, loaded, strict=True)
    return list(outcomes.values())


def _reported(outcomes: Sequence[Outcome]) -> RefreshSummary:
    summary = summarised(outcomes)
    logger.info("Prices: %s", summary)
    return summary


def _known_tickers(settings: IngestionSettings, *, only_missing: bool) -> Sequence[str]:
    with bronze.connect(settings) as connection:
        return bronze.known_tickers(connection, DEFAULT_BENCHMARK, only_missing=only_missing)


def _refresh_one(ticker: str, source: PriceSource, settings: IngestionSettings, run_id: UUID) -> Outcome:
    run = Run("prices", ticker, source.name, run_id)
    try:
        with bronze.connect(settings) as connection, bronze.sole_writer(connection, ticker), recorded(connection, run):
            refresh(connection, source, run)
    except IngestionError as error:
        return Outcome(run, error)
    return Outcome(run, None)
