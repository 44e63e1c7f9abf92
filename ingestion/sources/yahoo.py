"""Yahoo Finance through the yfinance package. Prices, volumes and dividends come split-adjusted."""

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ingestion.errors import IngestionError, NoPricesError, ProviderUnavailableError, UnknownTickerError
from ingestion.records import Action, Asset, Bar, PriceHistory, TickerSuggestion, checked_ticker

logger = logging.getLogger(__name__)
TIMEOUT = 20
# Yahoo names no time with a 429; limits of a minute are what is observed.
RATE_LIMIT_WAIT = 60.0
# How Yahoo words that it does not know a symbol; any other reason is its own trouble.
UNKNOWN = "no data found"
# What yfinance raises on an answer that is not what it expects, besides its own errors and those of the network.
GARBAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True)
class YahooSource:
    """Yahoo Finance.

    Args:
        cache_folder: Where yfinance keeps cookies and time zones.
        session: An HTTP session of curl_cffi instead of yfinance's own.

    """

    cache_folder: Path
    session: Any = None
    name: Literal["yahoo"] = "yahoo"
    overlap: timedelta = field(default=timedelta(days=14))
    parallel_requests: int = 8

    def __post_init__(self) -> None:
        """Keep yfinance's caches where we say, and its errors visible: it hides outages as missing data by default."""
        import yfinance

        self.cache_folder.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(self.cache_folder))
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 2

    def asset(self, ticker: str) -> Asset:
        """Who the ticker is; sector, industry and country only where Yahoo gives them."""
        handle = self._handle(ticker)
        with _own_errors(ticker, handle):
            self._metadata_by_a_small_request(handle)
            metadata = handle.history_metadata
            return Asset(
                ticker=handle.ticker,
                name=metadata.get("longName") or metadata.get("shortName"),
                quote_type=metadata["instrumentType"],
                currency=metadata["currency"],
                exchange=metadata.get("fullExchangeName") or metadata.get("exchangeName"),
                timezone=metadata["exchangeTimezoneName"],
                **(_profile(handle) if metadata["instrumentType"] == "EQUITY" else {}),
            )

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """All bars, or those from `start` on; the bar of a session that has not ended is provisional."""
        handle = self._handle(ticker)
        window = {"period": "max"} if start is None else {"start": start.isoformat()}
        with _own_errors(ticker, handle):
            frame = handle.history(**window, auto_adjust=False, actions=True, keepna=True, timeout=TIMEOUT)
            metadata = handle.history_metadata
            currency = metadata["currency"]
            return PriceHistory(
                ticker=handle.ticker,
                currency=currency,
                price_basis="split_adjusted",
                bars=tuple(_bars(frame, _open_session(metadata))),
                actions=tuple(_actions(frame, currency)),
            )

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Yahoo's own search, without what is not a ticker to us."""
        import yfinance

        with _own_errors(text):
            found = yfinance.Search(
                text, max_results=limit, news_count=0, lists_count=0, session=self.session, timeout=TIMEOUT
            )
            return [
                TickerSuggestion(
                    quote["symbol"],
                    quote.get("longname") or quote.get("shortname"),
                    quote.get("exchDisp"),
                    quote.get("quoteType"),
                )
                for quote in found.quotes
                if _is_ticker(quote["symbol"])
            ][:limit]

    def _handle(self, ticker: str) -> Any:
        import yfinance

        return yfinance.Ticker(checked_ticker(ticker), session=self.session)

    @staticmethod
    def _metadata_by_a_small_request(handle: Any) -> None:
        """A known ticker that was not traded lately has metadata without prices, which yfinance calls an error."""
        from yfinance.exceptions import YFPricesMissingError

        try:
            handle.history(period="5d", auto_adjust=False, timeout=TIMEOUT)
        except YFPricesMissingError:
            if not handle.history_metadata.get("currency"):
                raise


def _profile(handle: Any) -> dict[str, str | None]:
    """Sector, industry and country; their absence must not keep anybody from recording a trade."""
    try:
        with _own_errors(handle.ticker):
            info = handle.info
    except IngestionError as error:
        logger.warning("%s is stored without sector and industry: %s", handle.ticker, error)
        return {}
    return {key: info.get(key) for key in ("sector", "industry", "country")}


def _bars(frame: Any, open_session: date | None) -> Iterator[Bar]:
    columns = ["Close", "Open", "High", "Low", "Adj Close", "Volume"]
    for stamp, *amounts in frame[columns].itertuples(name=None):
        day = stamp.date()
        close, first, high, low, adjusted, volume = (_decimal(amount) for amount in amounts)
        yield Bar(day, close, first, high, low, adjusted, volume, is_provisional=day == open_session)


def _actions(frame: Any, currency: str) -> Iterator[Action]:
    for stamp, dividend, split in frame[["Dividends", "Stock Splits"]].itertuples(name=None):
        if dividend:
            yield Action(stamp.date(), "dividend", Decimal(repr(float(dividend))), currency)
        if split:
            yield Action(stamp.date(), "split", Decimal(repr(float(split))))


def _open_session(metadata: Mapping[str, Any]) -> date | None:
    """The exchange's date of the session that has not ended yet, if one has begun."""
    session = metadata.get("currentTradingPeriod", {}).get("regular")
    if session is None:
        return None
    begins, ends = session["start"], session["end"]
    day: date = begins.date()
    return day if datetime.now(begins.tzinfo) < ends else None


def _decimal(amount: float) -> Decimal | None:
    return None if math.isnan(amount) else Decimal(repr(float(amount)))


def _is_ticker(text: str) -> bool:
    try:
        return checked_ticker(text) == text
    except UnknownTickerError:
        return False


@contextmanager
def _own_errors(subject: str, handle: Any = None) -> Iterator[None]:
    """Turn what yfinance raises into ours: unknown, without prices, or not to be asked now."""
    from yfinance.exceptions import YFException, YFPricesMissingError, YFRateLimitError

    try:
        yield
    except IngestionError:
        raise
    except YFRateLimitError as error:
        _forget_cached_answers()
        raise ProviderUnavailableError(
            "Yahoo limits how often we may ask: try again in a minute.", RATE_LIMIT_WAIT
        ) from error
    except YFPricesMissingError as error:
        _forget_cached_answers()
        raise _missing_prices(subject, error.rationale, handle) from error
    except (YFException, OSError, *GARBAGE) as error:
        _forget_cached_answers()
        raise ProviderUnavailableError(
            f"Yahoo could not be asked about {subject} ({type(error).__name__}): try again later."
        ) from error


def _missing_prices(subject: str, reason: str, handle: Any) -> IngestionError:
    """Yfinance words an empty answer, an unknown symbol and an error of Yahoo's as the same error."""
    if UNKNOWN in reason.casefold():
        return UnknownTickerError(f"Yahoo does not know {subject}: check the spelling.")
    if handle is not None and handle.history_metadata.get("currency"):
        return NoPricesError(f"Yahoo knows {subject} but has no prices of it.")
    return ProviderUnavailableError(f"Yahoo could not answer about {subject}: {reason}. Try again later.")


def _forget_cached_answers() -> None:
    """Failed answers stay in yfinance's cache for the life of the process, and would outlast the outage."""
    from yfinance.data import YfData

    YfData.cache_get.cache_clear()
