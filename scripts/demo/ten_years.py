"""A made-up market of fifty listings over ten years, and a portfolio traded in it, as files.

Seeded: every test and benchmark run gets the same numbers. Most listings are in dollars, some in euros and pence; some
pay dividends, some split, one stops trading, and a name and some notes hold text that a page must not treat as markup.
"""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from math import exp, sin
from pathlib import Path

FIRST_DAY, LAST_DAY = date(2016, 1, 1), date(2025, 12, 31)
SILENT_SINCE = date(2025, 6, 30)
TRADES = "trades.csv"
SCRIPT = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"
PRICE_COLUMNS = ("date", "open", "high", "low", "close", "volume", "dividends", "splits")
ASSET_COLUMNS = (
    *("ticker", "name", "currency", "exchange", "quote_type", "sector", "industry", "country", "timezone"),
    "price_basis",
)
TRADE_COLUMNS = ("ticker", "side", "quantity", "price", "fees", "trade_date", "note")
INDUSTRIES = {
    "Technology": "Semiconductors",
    "Healthcare": "Drug Manufacturers",
    "Energy": "Oil & Gas Integrated",
    "Financial Services": "Banks",
    "Industrials": "Railroads",
    "Utilities": "Regulated Electric",
    "Consumer Defensive": "Household Products",
    "Real Estate": "REIT",
}
# Ten trades per listing, about one a year; every third sells a part.
TRADES_EACH = 10


@dataclass(frozen=True)
class Place:
    """A place where listings trade."""

    currency: str
    exchange: str
    country: str
    timezone: str
    suffix: str = ""


NEW_YORK = Place("USD", "NYQ", "United States", "America/New_York")
XETRA = Place("EUR", "GER", "Germany", "Europe/Berlin", ".DE")
LONDON = Place("GBp", "LSE", "United Kingdom", "Europe/London", ".L")


@dataclass(frozen=True)
class Listing:
    """One asset; `drift` and `swing` are its price's daily drift and volatility, in logarithms."""

    ticker: str
    name: str
    place: Place
    quote_type: str = "EQUITY"
    sector: str = ""
    price: float = 100.0
    drift: float = 0.0003
    swing: float = 0.012
    dividend: float = 0.0
    split_on: date | None = None
    last_day: date = LAST_DAY


def listings() -> list[Listing]:
    """The fifty traded listings."""
    sectors = list(INDUSTRIES)
    shares = [_share(number, sectors[number % len(sectors)]) for number in range(44)]
    funds = [
        Listing(f"FUND{number}", f"Index Fund {number}", NEW_YORK, "ETF", dividend=0.5, swing=0.009)
        for number in range(4)
    ]
    coin = Listing("BTC-USD", "Bitcoin USD", Place("USD", "CCC", "", "UTC"), "CRYPTOCURRENCY", price=400, swing=0.035)
    gone = Listing("GONE", f"Gone & Sons {SCRIPT}", NEW_YORK, sector="Energy", drift=-0.0006, last_day=SILENT_SINCE)
    return [*shares, *funds, coin, gone]


def write(folder: Path) -> None:
    """Fill an empty folder for the files source: listings, the benchmark, exchange rates and macro series.

    It also writes TRADES, the portfolio's trades as a CSV for the API's import, each at its day's close.
    """
    rate = Place("USD", "CCY", "", "Europe/London")
    others = [
        Listing("^GSPC", "S&P 500", Place("USD", "SNP", "United States", "America/New_York"), "INDEX", price=2000),
        *(
            Listing(f"{code}USD=X", f"{code}/USD", rate, "CURRENCY", price=price, drift=0.0, swing=0.004)
            for code, price in (("EUR", 1.1), ("GBP", 1.3))
        ),
    ]
    everything = [*listings(), *others]
    _write(folder / "assets.csv", ASSET_COLUMNS, map(_asset, everything))
    for listing in everything:
        _write(folder / "prices" / f"{listing.ticker}.csv", PRICE_COLUMNS, _bars(listing))
    for series_id, rows in _macro().items():
        _write(folder / "macro" / f"{series_id}.csv", ("observation_date", "value"), rows)
    trades = chain.from_iterable(_trades(number, folder, listing) for number, listing in enumerate(listings()))
    _write(folder / TRADES, TRADE_COLUMNS, trades)


def _share(number: int, sector: str) -> Listing:
    place = XETRA if number % 11 == 3 else LONDON if number % 15 == 7 else NEW_YORK  # noqa: PLR2004  # a few of each
    return Listing(
        f"T{number:02}{place.suffix}",
        f"{sector} {number}",
        place,
        sector=sector,
        price=20.0 + 7 * number,
        drift=0.00005 * (number % 9),
        swing=0.008 + 0.001 * (number % 12),
        dividend=0.3 if number % 2 else 0.0,
        split_on=date(2020, 8, 31) if number % 12 == 0 else None,
    )


def _asset(listing: Listing) -> Sequence[str]:
    place, industry = listing.place, INDUSTRIES.get(listing.sector, "")
    return (
        *(listing.ticker, listing.name, place.currency, place.exchange, listing.quote_type, listing.sector, industry),
        *(place.country, place.timezone, "as_traded"),
    )


def _bars(listing: Listing) -> Iterator[Sequence[object]]:
    """A random walk, as traded: on a split's day four shares replace one and the price drops to a quarter."""
    chance, market = random.Random(listing.ticker), random.Random("the market")  # noqa: S311  # the same walk each time
    price = listing.price
    for number, day in enumerate(_weekdays(listing.last_day)):
        splits = day == listing.split_on
        common = 0 if listing.quote_type == "CURRENCY" else market.gauss(0.0002, 0.008)
        price *= exp(listing.drift + common + chance.gauss(0, listing.swing)) / (4 if splits else 1)
        pays = listing.dividend and number % 63 == 30  # noqa: PLR2004  # once a quarter
        dividend = round(price * listing.dividend / 100, 3) if pays else 0
        high, low = price * (1 + listing.swing / 2), price * (1 - listing.swing / 2)
        amounts = (f"{amount:.6f}" for amount in (price, high, low, price))
        yield day, *amounts, 10_000 + number, dividend, 4 if splits else 0


def _trades(number: int, market: Path, listing: Listing) -> Iterator[Sequence[object]]:
    with (market / "prices" / f"{listing.ticker}.csv").open(newline="") as file:
        bars = list(csv.DictReader(file))
    for year in range(TRADES_EACH):
        bar = bars[min(year * 260 + 1 + (number * 11 + year * 5) % 200, len(bars) - 1)]
        sells = year % 3 == 2  # noqa: PLR2004  # every third
        note = SCRIPT if number == year else "savings plan" if year == 0 else ""
        quantity = 5 if sells else 10 + number % 7
        yield listing.ticker, "SELL" if sells else "BUY", quantity, bar["close"], "1.5", bar["date"], note


def _macro() -> dict[str, Iterable[tuple[date, float]]]:
    """Growth and inflation turn at different paces, so that every regime occurs; unemployment jumps once."""
    months = [date(2008 + number // 12, number % 12 + 1, 1) for number in range(18 * 12)]
    numbered = list(enumerate(months))
    leap = date(2020, 4, 1)
    return {
        "INDPRO": [(day, 100 * exp(0.0015 * n + 0.04 * sin(n / 7))) for n, day in numbered],
        "CPILFESL": [(day, 215 * exp(0.002 * n + 0.01 * sin(n / 11))) for n, day in numbered],
        "CPIAUCSL": [(day, 212 * exp(0.002 * n + 0.015 * sin(n / 11))) for n, day in numbered],
        "UNRATE": [(day, 4.5 + sin(n / 13) + (6 if day == leap else 0)) for n, day in numbered],
        "CFNAI": [(day, 0.3 * sin(n / 7) - (1.5 if day == leap else 0)) for n, day in numbered],
        "PAYEMS": [(day, 130_000 + 150 * n) for n, day in numbered],
        "FEDFUNDS": [(day, 2 + 1.5 * sin(n / 20)) for n, day in numbered],
        "TB3MS": [(day, 1.8 + 1.5 * sin(n / 20)) for n, day in numbered],
        "GDPC1": [(day, 15_000 * 1.0017**n) for n, day in numbered if n % 3 == 0],
        "T10Y2Y": [(day, 0.8 + sin(n / 250)) for n, day in enumerate(_weekdays(LAST_DAY))],
        "T10Y3M": [(day, 1.0 + sin(n / 250)) for n, day in enumerate(_weekdays(LAST_DAY))],
    }


def _weekdays(last_day: date) -> Iterator[date]:
    days = (FIRST_DAY + timedelta(days=number) for number in range((last_day - FIRST_DAY).days + 1))
    return (day for day in days if day.isoweekday() < 6)  # noqa: PLR2004  # Monday to Friday


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
