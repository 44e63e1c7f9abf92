"""An entry against its listing: is the ticker real, the currency right, the day past, a trade's price plausible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from math import prod
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from auth_service.database import Database
from auth_service.errors import ImplausiblePriceError, InvalidRequestError, NotFoundError, UnavailableError
from auth_service.identity import throttle
from auth_service.ledger import store
from auth_service.ledger.oversell import Split
from auth_service.ledger.schemas import Entry, Trade
from auth_service.ledger.split_restatement import advice
from auth_service.quoting import amount_text
from ingestion.errors import IngestionError, NoPricesError, ProviderUnavailableError, UnknownTickerError
from ingestion.prices.price_refresh import TickerInfo, TickerSuggestion, describe, ensure_history, search, stored
from ingestion.units import unit

PLAUSIBLE_FACTOR = 2
EASTERNMOST = timezone(timedelta(hours=14))
OLDEST_COMPARABLE_BAR = 7  # days
# For the OpenAPI document.
REFUSALS: dict[int | str, Any] = {429: "Too many unknown tickers."}
Answer = TypeVar("Answer")

# Stored prices may be adjusted for later splits and spin-offs; multiplied by those, they are what was traded that day.
RANGES = """
select asked.position, bar.price_date, bar.low, bar.high, bar.close, bar.currency, array(
    select splits.value
    from bronze.raw_corporate_actions as splits
    where splits.ticker = asked.ticker and splits.action in ('split', 'price_adjustment')
        and splits.ex_date > asked.day
        and bar.price_basis = 'split_adjusted'
) as later_splits
from unnest(%(tickers)s::text[], %(days)s::date[]) with ordinality as asked (ticker, day, position)
cross join lateral (
    select price_date, coalesce(low, close) as low, coalesce(high, close) as high, close, currency, price_basis
    from bronze.raw_prices
    where ticker = asked.ticker and price_date between asked.day - %(oldest)s and asked.day
    order by price_date desc
    limit 1
) as bar
"""


@dataclass(frozen=True)
class Range:
    """A day's lowest, highest and last price, as traded then."""

    day: date
    low: Decimal
    high: Decimal
    close: Decimal
    currency: str | None
    later_splits: tuple[Split, ...] = ()  # oldest first


def listing_with_history(database: Database, ticker: str, user_id: UUID, field: str = "ticker") -> TickerInfo:
    """The listing for the ticker in `field`; its full price history is in bronze afterwards.

    Raises:
        InvalidRequestError: There is no such ticker, or it has no prices.
        UnavailableError: The provider is unavailable right now.
        TooManyAttemptsError: The user has sent too many unknown tickers.

    """
    try:
        return _listed(database, ticker, user_id, ensure_history)
    except (UnknownTickerError, NoPricesError) as refusal:
        raise InvalidRequestError.about(field, str(refusal)) from refusal


def listing(database: Database, ticker: str, user_id: UUID) -> TickerInfo:
    """The ticker's listing, without storing anything.

    Raises:
        NotFoundError: There is no such ticker, or it has no prices.
        UnavailableError: The provider is unavailable right now.
        TooManyAttemptsError: The user has sent too many unknown tickers.

    """
    try:
        return _listed(database, ticker, user_id, describe)
    except (UnknownTickerError, NoPricesError) as refusal:
        raise NotFoundError.about("ticker", str(refusal)) from refusal


def suggestions(database: Database, text: str, limit: int, user_id: UUID) -> list[TickerSuggestion]:
    """Tickers that the text may mean.

    Raises:
        UnavailableError: The provider is unavailable right now.
        TooManyAttemptsError: The user has searched too often without a match.

    """
    try:
        return _asked(database, user_id, lambda: _found(text, limit))
    except UnknownTickerError:
        return []
    except IngestionError as failure:
        raise _provider_down(failure) from failure


def currency_on(trade: Trade, listed: TickerInfo) -> str:
    """The trade's currency, which must be the listing's.

    Raises:
        InvalidRequestError: The trade names another currency.

    """
    currency = trade.currency or listed.currency
    if currency != listed.currency:
        raise InvalidRequestError.about(
            "currency",
            f"{trade.ticker} is quoted in {listed.currency}, not {currency}. "
            f"Enter price and fees in {listed.currency}, or choose the listing that trades in {currency}.",
        )
    return currency


def refuse_future(trade: Trade, listed: TickerInfo) -> None:
    """Refuse a date in the future at the ticker's exchange.

    Raises:
        InvalidRequestError: The trade's date is after the exchange's today.

    """
    today = datetime.now(_zone(listed.timezone)).date()
    if trade.trade_date > today:
        message = f"{trade.trade_date} is in the future: on {trade.ticker}'s exchange it is {today}. Correct the date."
        raise InvalidRequestError.about("trade_date", message)


def payment_currency(entry: Entry, of_account: str, listed: TickerInfo | None) -> str:
    """The currency of an entry that is no trade: what it says, or that in which its listing pays, or its account's."""
    if entry.currency:
        return entry.currency
    if entry.entry_type.default_currency == "payment" and listed and listed.currency:
        return unit(listed.currency).currency
    return of_account


def refuse_future_payment(entry: Entry) -> None:
    """Refuse a date that has come nowhere on Earth.

    Raises:
        InvalidRequestError: The entry's date is after today's in the easternmost time zone.

    """
    today = datetime.now(EASTERNMOST).date()
    if entry.trade_date > today:
        message = f"{entry.trade_date} is in the future: today is {today} at the latest. Correct the date."
        raise InvalidRequestError.about("trade_date", message)


def refuse_implausible(trade: Trade, traded: Range | None) -> None:
    """Refuse a price far outside the traded range; without known prices, accept any.

    Raises:
        ImplausiblePriceError: It is less than half the day's low or more than twice its high, or the day's price after
            a later split.

    """
    if traded is None:
        return
    restated = advice(trade.quantity, trade.price, traded.low, traded.high, traded.later_splits)
    if restated:
        raise ImplausiblePriceError.about("price", f"{_told(trade, traded)}. {restated}")
    if not traded.low / PLAUSIBLE_FACTOR <= trade.price <= traded.high * PLAUSIBLE_FACTOR:
        raise ImplausiblePriceError.about(
            "price",
            f"{_told(trade, traded)}, far from {amount_text(trade.price)}. "
            "Correct the price or the date, or confirm it if it is right.",
        )


def ranges_near(database: Database, trades: Sequence[Trade]) -> list[Range | None]:
    """For each trade the range of its day, or of the last bar in the week before; None if there is none."""
    return _ranges(database, [trade.ticker for trade in trades], [trade.trade_date for trade in trades])


def range_on(database: Database, ticker: str, day: date) -> Range:
    """The prices a trade on that day is compared with; stores nothing.

    Raises:
        NotFoundError: No price is known for that day or the week before.

    """
    found = _ranges(database, [ticker], [day])[0]
    if found is None:
        message = (
            f"No price of {ticker} is known for {day} or the {OLDEST_COMPARABLE_BAR} days before. "
            "Prices are loaded with the first trade in a ticker."
        )
        raise NotFoundError.about("date", message)
    return found


def _ranges(database: Database, tickers: list[str], days: list[date]) -> list[Range | None]:
    asked = {"tickers": tickers, "days": days, "oldest": OLDEST_COMPARABLE_BAR}
    found: list[Range | None] = [None] * len(tickers)
    with database.transaction() as connection:
        splits = store.splits_of(connection, sorted(set(tickers)))
        for row in connection.execute(RANGES, asked):
            growth = prod(row["later_splits"], start=Decimal(1))
            low, high, close = (row[name] * growth for name in ("low", "high", "close"))
            place = row["position"] - 1
            later = tuple(split for split in splits[tickers[place]] if split.ex_date > days[place])
            found[place] = Range(row["price_date"], low, high, close, row["currency"], later)
    return found


def _listed(database: Database, ticker: str, user_id: UUID, ask: Callable[[str], TickerInfo]) -> TickerInfo:
    """The listing as stored, or else from the provider."""
    try:
        return stored(ticker) or _asked(database, user_id, lambda: ask(ticker))
    except ProviderUnavailableError as failure:
        raise _provider_down(failure) from failure


def _asked(database: Database, user_id: UUID, ask: Callable[[], Answer]) -> Answer:
    """The provider's answer; unknown names count, so that nobody can make us look up names without end."""
    counted = throttle.of_unknown_tickers(user_id)
    with throttle.attempt(database, counted, told_by=(UnknownTickerError, NoPricesError)):
        return ask()


def _found(text: str, limit: int) -> list[TickerSuggestion]:
    if found := search(text, limit):
        return found
    raise UnknownTickerError(text)


def _told(trade: Trade, traded: Range) -> str:
    low, high = (amount_text(bound, 4) for bound in (traded.low, traded.high))
    return f"{trade.ticker} traded {f'at {low}' if low == high else f'between {low} and {high}'} on {traded.day}"


@cache
def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _provider_down(failure: IngestionError) -> UnavailableError:
    return UnavailableError(str(failure), retry_after=getattr(failure, "retry_after", None) or 30)
