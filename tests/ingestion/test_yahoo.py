"""Yahoo through yfinance, against recorded and made-up answers on loopback."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from curl_cffi.requests import Session

from ingestion import bronze as database
from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError, NoPricesError, ProviderUnavailableError, UnknownTickerError
from ingestion.history import load_whole
from ingestion.records import Asset, TickerSuggestion
from ingestion.runs import Run, recorded
from ingestion.sources.yahoo import YahooSource
from tests.ingestion.conftest import Answer, Bronze, FilesFolder, Provider, Request

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "wire" / "yahoo"
UNKNOWN = {"code": "Not Found", "description": "No data found, symbol may be delisted"}


class LoopbackSession(Session):  # type: ignore[type-arg]
    """Sends what is meant for Yahoo to the provider of the test."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Any:
        """Ask the same path of another host."""
        return super().request(method, self.address + urlsplit(url).path, *arguments, **options)


@pytest.fixture
def yahoo(provider: Provider, tmp_path: Path) -> YahooSource:
    """Yahoo on loopback, with empty caches."""
    return YahooSource(tmp_path / "cache", session=LoopbackSession(provider.address))


def answering(chart: Any, status: int = 200, **others: Any) -> Callable[[Request], Answer]:
    """Charts answer `chart`; the part of a path that a keyword names answers its value; all else is not there."""

    def answer(request: Request) -> Answer:
        if "/chart/" in request.path:
            return Answer(json.dumps(chart).encode(), status)
        for part, body in others.items():
            if part in request.path:
                return Answer(json.dumps(body).encode())
        return Answer(b"", 404)

    return answer


def chart(closes: list[float | None], days: list[datetime], **meta: Any) -> dict[str, Any]:
    """A chart as Yahoo sends it, of a fund in New York."""
    stamps = [int(day.timestamp()) for day in days]
    quote = {"close": closes, "open": closes, "high": closes, "low": closes, "volume": [100] * len(closes)}
    facts = {
        "currency": "USD",
        "symbol": "ACME",
        "instrumentType": "ETF",
        "exchangeName": "NMS",
        "exchangeTimezoneName": "America/New_York",
        "gmtoffset": -18000,
        "dataGranularity": "1d",
        "validRanges": ["1d", "5d", "max"],
    }
    indicators = {"quote": [quote], "adjclose": [{"adjclose": closes}]} if closes else {"quote": [{}]}
    result = {"meta": facts | meta, "timestamp": stamps, "indicators": indicators}
    return {"chart": {"result": [result], "error": None}}


def recording(name: str) -> Any:
    """The body of a recorded answer."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return json.loads(path.read_text())["body"]


def test_a_recorded_history_arrives_in_bronze(
    yahoo: YahooSource, provider: Provider, bronze: Bronze, folder: FilesFolder
) -> None:
    provider.answer = answering(
        recording("recorded-chart-AAPL-2020-08-31-to-2020-11-07"),
        quoteSummary=recording("quoteSummary-AAPL"),
        quote=recording("quote-AAPL"),
        timeseries={"timeseries": {"result": [], "error": None}},
    )

    with (
        database.connect(IngestionSettings()) as connection,
        recorded(connection, Run("prices", "AAPL", yahoo.name)) as run,
    ):
        load_whole(connection, yahoo, run)

    closes = bronze.closes("AAPL")
    assert (len(closes), min(closes), max(closes)) == (49, "2020-08-31", "2020-11-06")
    assert closes["2020-08-31"] == pytest.approx(129.04, abs=1e-4)
    assert bronze.rows("select ex_date, action, value from bronze.raw_corporate_actions order by 1") == [
        (date(2020, 8, 31), "split", Decimal(4)),
        (date(2020, 11, 6), "dividend", Decimal("0.205")),
    ]
    assert bronze.rows("select distinct price_basis, currency, is_provisional, source from bronze.raw_prices") == [
        ("split_adjusted", "USD", False, "yahoo")
    ]
    asset = "select name, quote_type, asset_class, sector, industry, country, exchange, timezone from bronze.raw_assets"
    assert bronze.rows(asset) == [
        (
            *("Apple Inc.", "EQUITY", "equity", "Technology", "Consumer Electronics", "United States"),
            *("NasdaqGS", "America/New_York"),
        )
    ]


def test_a_missing_profile_does_not_keep_a_stock_out(yahoo: YahooSource, provider: Provider) -> None:
    days = [datetime(2024, 1, 2, 14, 30, tzinfo=UTC)]
    provider.answer = answering(chart([10.0], days, instrumentType="EQUITY", longName="Acme Corp."))

    assert yahoo.asset("ACME") == Asset(
        ticker="ACME",
        name="Acme Corp.",
        quote_type="EQUITY",
        currency="USD",
        exchange="NMS",
        timezone="America/New_York",
    )


def test_only_the_bar_of_a_session_that_has_not_ended_is_provisional(yahoo: YahooSource, provider: Provider) -> None:
    now = datetime.now(UTC)
    session = {"start": int(now.timestamp()) - 60, "end": int(now.timestamp()) + 3600}
    period = {"regular": session | {"gmtoffset": 0, "timezone": "UTC"}}
    days = [datetime(2024, 1, 2, 14, 30, tzinfo=UTC), datetime.fromtimestamp(session["start"], UTC)]
    period |= {"pre": dict(period["regular"]), "post": dict(period["regular"])}
    provider.answer = answering(chart([10.0, 11.0], days, exchangeTimezoneName="UTC", currentTradingPeriod=period))

    bars = yahoo.history("ACME").bars

    assert [(bar.price_date, bar.close, bar.is_provisional) for bar in bars] == [
        (date(2024, 1, 2), Decimal(10), False),
        (days[1].date(), Decimal(11), True),
    ]


def test_a_day_without_a_close_is_left_for_bronze_to_refuse(yahoo: YahooSource, provider: Provider) -> None:
    days = [datetime(2024, 1, 2, 14, 30, tzinfo=UTC), datetime(2024, 1, 3, 14, 30, tzinfo=UTC)]
    provider.answer = answering(chart([10.0, None], days))

    assert [bar.close for bar in yahoo.history("ACME").bars] == [Decimal(10), None]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"chart": {"result": None, "error": UNKNOWN}}, 404, UnknownTickerError),
        ({"chart": {"result": None, "error": {"code": "x", "description": "internal"}}}, 500, ProviderUnavailableError),
        ({"finance": {"result": None, "error": {"code": "Unauthorized"}}}, 401, ProviderUnavailableError),
        ("not a chart", 200, ProviderUnavailableError),
        ("Too Many Requests", 429, ProviderUnavailableError),
    ],
)
def test_unknown_is_told_from_unavailable(
    yahoo: YahooSource, provider: Provider, body: Any, status: int, error: type[IngestionError]
) -> None:
    provider.answer = answering(body, status)

    with pytest.raises(error, match="Yahoo"):
        yahoo.asset("ACME")


def test_an_outage_between_two_requests_is_not_taken_for_an_unknown_ticker(
    yahoo: YahooSource, provider: Provider
) -> None:
    provider.answer = answering({"chart": {"result": None, "error": {"code": "x", "description": "internal"}}}, 500)

    with pytest.raises(ProviderUnavailableError, match="could not be asked about NEW"):
        yahoo.history("NEW")


def test_an_outage_is_not_remembered(yahoo: YahooSource, provider: Provider) -> None:
    provider.answer = lambda _: Answer(b"<html>Bad Gateway</html>", 502, "text/html")
    with pytest.raises(ProviderUnavailableError):
        yahoo.history("ACME")

    provider.answer = answering(chart([10.0], [datetime(2024, 1, 2, 14, 30, tzinfo=UTC)]))

    assert [bar.close for bar in yahoo.history("ACME").bars] == [Decimal(10)]


def test_a_known_ticker_without_bars_has_no_prices(yahoo: YahooSource, provider: Provider) -> None:
    provider.answer = answering(chart([], []))

    assert yahoo.asset("ACME").currency == "USD"
    with pytest.raises(NoPricesError, match="knows ACME but has no prices"):
        yahoo.history("ACME")


def test_suggestions_are_tickers_only(yahoo: YahooSource, provider: Provider) -> None:
    quotes = [
        {"symbol": "ACME", "longname": "Acme Corp.", "exchDisp": "NYSE", "quoteType": "EQUITY"},
        {"symbol": "ACME240119C00100000", "quoteType": "OPTION"},
        {"name": "Acme, a private company"},
    ]
    provider.answer = answering({}, search={"quotes": quotes})

    assert yahoo.search("acme", 10) == [TickerSuggestion("ACME", "Acme Corp.", "NYSE", "EQUITY")]
