"""Yahoo Finance through the yfinance package. Prices, volumes and dividends come split-adjusted."""

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ingestion.errors import (
    GarbageError,
    IngestionError,
    NoPricesError,
    ProviderDownError,
    RateLimitedError,
    UnknownCurrencyError,
    UnknownTickerError,
)
from ingestion.providers.floats import exact
from ingestion.providers.http import RATE_LIMIT_WAIT
from ingestion.providers.yahoo_events import actions
from ingestion.providers.yahoo_session import TIMEOUT, YahooSession
from ingestion.records import Asset, Bar, PriceHistory, TickerSuggestion
from ingestion.tickers import checked_ticker, is_ticker
from ingestion.units import checked_currency

logger = logging.getLogger(__name__)
# Yahoo's wording for an unknown symbol; any other reason is a failure of its own.
UNKNOWN = "no data found"
# A contract covers 100 shares or another number, which a ledger of shares would get wrong.
NOT_HELD = frozenset({"OPTION"})
# What yfinance raises on an unexpected answer, besides its own errors and network errors.
GARBAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True)
class YahooSource:
    """Yahoo Finance.

    Args:
        cache_folder: Where yfinance keeps cookies and time zones.

    """

    cache_folder: Path
    session: YahooSession = field(default_factory=YahooSession)
    name: Literal["yahoo"] = "yahoo"
    overlap: timedelta = field(default=timedelta(days=14))
    parallel_requests: int = 8

    def __post_init__(self) -> None:
        """Keep yfinance's caches in our folder, and its errors visible: by default it hides outages as missing data."""
        import yfinance

        self.cache_folder.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(self.cache_folder))
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 0  # ours know what to retry, and when

    def asset(self, ticker: str) -> Asset:
        """The asset; sector, industry and country only if Yahoo has them."""
        handle = self._handle(ticker)
        with self._own_errors(ticker):
            self._metadata_by_a_small_request(handle)
            metadata = handle.history_metadata
            if metadata["instrumentType"] in NOT_HELD:
                raise UnknownTickerError(f"{ticker} is an option. Only assets counted in shares can be recorded.")
            return Asset(
                ticker=handle.ticker,
                name=metadata.get("longName") or metadata.get("shortName"),
                quote_type=metadata["instrumentType"],
                currency=checked_currency(ticker, metadata["currency"]),
                exchange=metadata.get("fullExchangeName") or metadata.get("exchangeName"),
                timezone=metadata["exchangeTimezoneName"],
                **(self._profile(handle) if metadata["instrumentType"] == "EQUITY" else {}),
            )

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """All bars, or those from `start` on; the bar of an unfinished session is provisional."""
        handle = self._handle(ticker)
        window = {"period": "max"} if start is None else {"start": start.isoformat()}
        with self._own_errors(ticker):
            frame = handle.history(**window, auto_adjust=False, actions=True, keepna=True, timeout=TIMEOUT)
            metadata, chart = handle.history_metadata, self.session.last_chart
            bars = list(_bars(frame, _open_session(metadata)))
            return PriceHistory(
                ticker=handle.ticker,
                currency=checked_currency(ticker, metadata["currency"]),
                price_basis="split_adjusted",
                bars=(*bars, *_repeated(chart, bars)),
                actions=tuple(actions(chart["result"][0], start)),
            )

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Yahoo's own search, without results that can't be a ticker here."""
        import yfinance

        with self._own_errors(text):
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
                if _can_be_held(quote)
            ][:limit]

    def _handle(self, ticker: str) -> Any:
        import yfinance

        return yfinance.Ticker(checked_ticker(ticker), session=self.session)

    def _profile(self, handle: Any) -> dict[str, str | None]:
        """Sector, industry and country; missing ones must not stop anybody from recording a trade."""
        try:
            with self._own_errors(handle.ticker):
                info = handle.info
        except IngestionError as error:
            logger.warning("%s stored without sector and industry: %s", handle.ticker, error)
            return {}
        return {key: info.get(key) for key in ("sector", "industry", "country")}

    @contextmanager
    def _own_errors(self, subject: str) -> Iterator[None]:
        """Turn yfinance's errors into ours: unknown, no prices, or unavailable."""
        from yfinance.exceptions import YFException, YFRateLimitError, YFTickerMissingError

        self.session.forget()
        try:
            yield
        except IngestionError:
            _forget_cached_answers()
            raise
        except YFRateLimitError as error:
            _forget_cached_answers()
            raise RateLimitedError("Yahoo limits requests. Try again later.", RATE_LIMIT_WAIT) from error
        except (YFException, OSError, *GARBAGE) as error:
            _forget_cached_answers()
            reason = _reason(subject, self.session.last_chart)
            if reason is None and isinstance(error, (YFTickerMissingError, *GARBAGE)):
                reason = GarbageError(f"Yahoo's answer about {subject} can't be read. Try again later.")
            down = ProviderDownError(f"Yahoo is unavailable for {subject} ({type(error).__name__}). Try again later.")
            raise reason or down from error

    @staticmethod
    def _metadata_by_a_small_request(handle: Any) -> None:
        """A known ticker without recent trades has metadata but no prices, which yfinance calls an error."""
        from yfinance.exceptions import YFPricesMissingError

        try:
            handle.history(period="5d", auto_adjust=False, timeout=TIMEOUT)
        except YFPricesMissingError:
            if not handle.history_metadata.get("currency"):
                raise


def _bars(frame: Any, open_session: date | None) -> Iterator[Bar]:
    columns = ["Close", "Open", "High", "Low", "Adj Close", "Volume"]
    for stamp, *amounts in frame[columns].itertuples(name=None):
        day = stamp.date()
        close, first, high, low, adjusted, volume = (_decimal(amount) for amount in amounts)
        yield Bar(day, close, first, high, low, adjusted, volume, is_provisional=day == open_session)


def _repeated(chart: Mapping[str, Any], kept: Sequence[Bar]) -> Iterator[Bar]:
    """Further rows of a day that has several; yfinance keeps one and silently drops the rest.

    Leaves out the open session: Yahoo often sends its row twice, and both are provisional.
    """
    result = chart["result"][0]
    zone, quote = ZoneInfo(result["meta"]["exchangeTimezoneName"]), result["indicators"]["quote"][0]
    days = [datetime.fromtimestamp(stamp, zone).date() for stamp in result["timestamp"]]
    if len(set(days)) == len(days):
        return
    adjusted = result["indicators"].get("adjclose", [{"adjclose": quote["close"]}])[0]["adjclose"]
    columns = [quote["close"], quote["open"], quote["high"], quote["low"], adjusted, quote["volume"]]
    count, settled = Counter(days), {bar.price_date: bar for bar in kept if not bar.is_provisional}
    for day, *amounts in zip(days, *columns, strict=True):
        close, first, high, low, adjusted, volume = (_decimal(amount) for amount in amounts)
        bar = Bar(day, close, first, high, low, adjusted, volume)
        if count[day] > 1 and day in settled and bar.close != settled[day].close:
            yield bar


def _open_session(metadata: Mapping[str, Any]) -> date | None:
    """The exchange's date of an unfinished session, if one has begun; today if Yahoo doesn't say."""
    session = metadata.get("currentTradingPeriod", {}).get("regular")
    if session is None:
        return datetime.now(ZoneInfo(metadata["exchangeTimezoneName"])).date()
    begins, ends = session["start"], session["end"]
    day: date = begins.date()
    return day if datetime.now(begins.tzinfo) < ends else None


def _decimal(amount: float | None) -> Decimal | None:
    return None if amount is None or math.isnan(amount) else exact(amount)


def _can_be_held(quote: Mapping[str, Any]) -> bool:
    return is_ticker(quote["symbol"]) and quote.get("quoteType") not in NOT_HELD


def _reason(subject: str, chart: Mapping[str, Any]) -> IngestionError | None:
    """Why there are no prices, in Yahoo's words; yfinance turns every reason into one error."""
    if error := chart.get("error"):
        if UNKNOWN in str(error.get("description")).casefold():
            return UnknownTickerError(f"Yahoo does not know {subject}. Check the spelling.")
        return ProviderDownError(f"Yahoo has no answer about {subject} ({error.get('description')}). Try again later.")
    if any("indicators" in result and not result.get("timestamp") for result in chart.get("result") or ()):
        return NoPricesError(f"Yahoo knows {subject} but has no prices for it.")
    try:
        for result in chart.get("result") or ():
            checked_currency(subject, result["meta"].get("currency"))
    except UnknownCurrencyError as refusal:
        return refusal
    except GARBAGE:
        return None
    return None


def _forget_cached_answers() -> None:
    """Failed answers stay in yfinance's cache as long as the process lives, and would outlast the outage."""
    from yfinance.data import YfData

    YfData.cache_get.cache_clear()
