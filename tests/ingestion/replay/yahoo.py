"""Yahoo Finance as yfinance meets it: cookie, crumb, charts with events, quoteSummary, quote and search."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tests.ingestion.replay.proxy import Answer, Request

COOKIE, CRUMB = "A3=d=replay", "replay.crumb"
HOSTS = ("fc.yahoo.com", "query1.finance.yahoo.com", "query2.finance.yahoo.com", "guce.yahoo.com", "consent.yahoo.com")
UNKNOWN = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
RANGES = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]


@dataclass(frozen=True)
class Quote:
    """One row of a chart; only the close must be told."""

    day: date
    close: float | None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    adj_close: float | None = None
    volume: int | None = 1000
    at: time | None = None


@dataclass(frozen=True)
class Listing:
    """A ticker as Yahoo knows it. `session` are the regular hours of the current session, None if Yahoo is silent.

    Args:
        paid_in: The currency that payments name, None where they name none.
        left_out: What the metadata lack.

    """

    quotes: Sequence[Quote]
    dividends: Mapping[date, float] = field(default_factory=dict)
    capital_gains: Mapping[date, float] = field(default_factory=dict)
    paid_in: str | None = None
    left_out: Sequence[str] = ()
    splits: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    name: str | None = None
    kind: str = "ETF"
    currency: str | None = "USD"
    exchange: str = "NasdaqGS"
    zone: str = "America/New_York"
    opens: time = time(9, 30)
    session: tuple[datetime, datetime] | None = (
        datetime(2026, 1, 2, 14, 30, tzinfo=UTC),
        datetime(2026, 1, 2, 21, 0, tzinfo=UTC),
    )
    profile: Mapping[str, str] | None = None

    def stamp(self, day: date, at: time | None = None) -> int:
        """Seconds since 1970 of that day's opening."""
        return int(datetime.combine(day, at or self.opens, ZoneInfo(self.zone)).timestamp())


class Yahoo:
    """Answers for the hosts of Yahoo; `listings` may change between requests, `further_events` go over theirs."""

    def __init__(self) -> None:
        self.listings: dict[str, Listing] = {}
        self.found: list[dict[str, Any]] = []
        self.further_events: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Answer:
        """What Yahoo would say."""
        if request.host == "fc.yahoo.com":
            expires = "Expires=Fri, 01 Jan 2038 00:00:00 GMT"
            return Answer(status=404, headers={"Set-Cookie": f"{COOKIE}; Domain=.yahoo.com; Path=/; {expires}"})
        if request.path == "/v1/test/getcrumb":
            return Answer(CRUMB.encode()) if COOKIE in request.cookies else Answer(status=401)
        folder, _, symbol = request.path.rpartition("/")
        if folder == "/v8/finance/chart":
            return self._chart(symbol, request.query)
        if folder == "/v10/finance/quoteSummary":
            return self._summary(symbol, request.query)
        others: dict[str, Any] = {
            "/v1/finance": {"quotes": self.found},
            "/v7/finance": {"quoteResponse": {"result": [], "error": None}},
            "/ws/fundamentals-timeseries/v1/finance/timeseries": {"timeseries": {"result": [], "error": None}},
        }
        return _json(others[folder]) if folder in others else Answer(b"<html>Not found</html>", 404)

    def _chart(self, symbol: str, query: Mapping[str, str]) -> Answer:
        listing = self.listings.get(symbol)
        if listing is None:
            return _json({"chart": {"result": None, "error": UNKNOWN}}, 404)
        stamps = [(listing.stamp(quote.day, quote.at), quote) for quote in listing.quotes]
        if "period1" in query:
            begin, end = int(query["period1"]), int(query["period2"])
        else:
            begin, end = (stamps[-1][0] - 5 * 86400 if stamps else 0), 1 << 40
        body = chart(symbol, listing, [row for row in stamps if begin <= row[0] <= end], (begin, end))
        if symbol in self.further_events:
            body["chart"]["result"][0]["events"] = self.further_events[symbol]
        return _json(body)

    def _summary(self, symbol: str, query: Mapping[str, str]) -> Answer:
        if query.get("crumb") != CRUMB:
            return _json({"finance": {"result": None, "error": {"code": "Unauthorized"}}}, 401)
        listing = self.listings.get(symbol)
        if listing is None or listing.profile is None:
            return _json({"quoteSummary": {"result": None, "error": {"code": "Not Found"}}}, 404)
        return _json({"quoteSummary": {"result": [{"assetProfile": dict(listing.profile)}], "error": None}})


def chart(symbol: str, listing: Listing, rows: Sequence[tuple[int, Quote]], period: tuple[int, int]) -> dict[str, Any]:
    """A chart in Yahoo's words."""
    closes = [quote.close for _, quote in rows]
    columns: dict[str, list[Any]] = {"close": closes, "volume": [quote.volume for _, quote in rows]}
    for name in ("open", "high", "low"):
        columns[name] = [quote.close if (part := getattr(quote, name)) is None else part for _, quote in rows]
    adjusted = [quote.close if quote.adj_close is None else quote.adj_close for _, quote in rows]
    indicators = {"quote": [columns], "adjclose": [{"adjclose": adjusted}]} if rows else {"quote": [{}]}
    result: dict[str, Any] = {"meta": _meta(symbol, listing), "indicators": indicators}
    if rows:
        result["timestamp"] = [stamp for stamp, _ in rows]
    events = _events(listing, period)
    if events:
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}


def _meta(symbol: str, listing: Listing) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "currency": listing.currency,
        "symbol": symbol,
        "exchangeName": "XXX",
        "fullExchangeName": listing.exchange,
        "instrumentType": listing.kind,
        "exchangeTimezoneName": listing.zone,
        "longName": listing.name,
        "dataGranularity": "1d",
        "validRanges": RANGES,
    }
    if listing.session:
        begins, ends = (int(moment.timestamp()) for moment in listing.session)
        hours = {"start": begins, "end": ends, "gmtoffset": 0, "timezone": "X"}
        meta["currentTradingPeriod"] = {name: dict(hours) for name in ("pre", "regular", "post")}
    return {name: value for name, value in meta.items() if name not in listing.left_out}


def _events(listing: Listing, period: tuple[int, int]) -> dict[str, Any]:
    splits = {listing.stamp(day): ratio for day, ratio in listing.splits.items()}
    events = {
        "dividends": _payments(listing, listing.dividends, period),
        "capitalGains": _payments(listing, listing.capital_gains, period),
        "splits": {
            str(stamp): {"date": stamp, "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            for stamp, (new, old) in splits.items()
            if period[0] <= stamp <= period[1]
        },
    }
    return {name: rows for name, rows in events.items() if rows}


def _payments(listing: Listing, amounts: Mapping[date, float], period: tuple[int, int]) -> dict[str, Any]:
    named = {} if listing.paid_in is None else {"currency": listing.paid_in}
    stamps = {listing.stamp(day): amount for day, amount in amounts.items()}
    return {
        str(stamp): {"amount": amount, "date": stamp} | named
        for stamp, amount in stamps.items()
        if period[0] <= stamp <= period[1]
    }


def _json(body: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(body).encode(), status, {"Content-Type": "application/json"})
