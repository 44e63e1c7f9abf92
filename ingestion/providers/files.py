"""A folder of CSV files as a source: for markets no provider covers, closed networks, and the demo.

assets.csv            ticker, name, currency, exchange, quote_type, sector, price_basis
                      [, industry, country, timezone, isin]
prices/<TICKER>.csv   date, close [, open, high, low, adj_close, volume, dividends, capital_gains, splits]
macro/<SERIES>.csv    observation_date, value [, realtime_start]
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from ingestion.errors import NoPricesError, UnknownSeriesError, UnknownTickerError
from ingestion.macro.series import definition
from ingestion.providers.csv_table import Row, Table
from ingestion.records import (
    Action,
    ActionKind,
    Asset,
    Bar,
    MacroSeries,
    Observation,
    PriceBasis,
    PriceHistory,
    TickerSuggestion,
)
from ingestion.tickers import RULE, TICKER, checked_ticker
from ingestion.units import checked_currency

ASSET_COLUMNS = ("ticker", "name", "currency", "exchange", "quote_type", "sector", "price_basis")
FURTHER_ASSET_COLUMNS = ("industry", "country", "timezone", "isin")
PRICE_COLUMNS = ("date", "close")
FURTHER_PRICE_COLUMNS = ("open", "high", "low", "adj_close", "volume", "dividends", "capital_gains", "splits")
MACRO_COLUMNS = ("observation_date", "value")
CURRENCY = re.compile("[A-Za-z]{3}")
PRICE_BASES: tuple[PriceBasis, ...] = ("as_traded", "split_adjusted")


@dataclass(frozen=True)
class FilesSource:
    """The folder is the truth: changing a file changes history."""

    folder: Path
    name: Literal["files"] = "files"
    overlap: timedelta | None = None
    parallel_requests: int = 1

    def lists(self, ticker: str) -> bool:
        """True when assets.csv has a row for the ticker."""
        return self.exists() and ticker in self._assets()

    def exists(self) -> bool:
        """True when the folder has an assets.csv."""
        return (self.folder / "assets.csv").is_file()

    def asset(self, ticker: str) -> Asset:
        """The asset, from its row in assets.csv."""
        row = self._asset(ticker)
        return Asset(
            ticker=row["ticker"],
            name=row["name"] or None,
            quote_type=row["quote_type"].upper() or "EQUITY",
            currency=row["currency"],
            exchange=row["exchange"] or None,
            timezone=row["timezone"] or None,
            sector=row["sector"] or None,
            industry=row["industry"] or None,
            country=row["country"] or None,
        )

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """Bars and actions of prices/<TICKER>.csv."""
        asset = self._asset(ticker)
        path = self.folder / "prices" / f"{asset['ticker']}.csv"
        if not path.is_file():
            raise NoPricesError(f"{asset['ticker']} is listed in assets.csv, but there is no prices/{path.name}.")
        rows = Table(path, PRICE_COLUMNS, FURTHER_PRICE_COLUMNS).rows()
        bars = [_bar(row) for row in rows]
        actions = [action for row in rows for action in _actions(row, asset["currency"])]
        return PriceHistory(
            ticker=asset["ticker"],
            currency=asset["currency"],
            price_basis="split_adjusted" if asset["price_basis"] == "split_adjusted" else "as_traded",
            bars=tuple(bar for bar in bars if start is None or bar.price_date >= start),
            actions=tuple(action for action in actions if start is None or action.ex_date >= start),
        )

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Assets whose ticker starts with the text, then those whose name contains it or whose ISIN equals it."""
        wanted = text.strip().casefold()
        rows = list(self._assets().values())
        by_ticker = [row for row in rows if row["ticker"].casefold().lstrip("^").startswith(wanted.lstrip("^"))]
        by_name = [row for row in rows if row not in by_ticker and _is_called(row, wanted)]
        return [
            TickerSuggestion(row["ticker"], row["name"] or None, row["exchange"] or None, row["quote_type"] or None)
            for row in (by_ticker + by_name)[:limit]
        ]

    def series_ids(self) -> Sequence[str]:
        """Every file in macro/, in our list or not."""
        return sorted(path.stem for path in (self.folder / "macro").glob("*.csv"))

    def series(self, series_id: str, since: date | None = None) -> MacroSeries:
        """Observations in macro/<SERIES>.csv; without realtime_start they are dated by the publication lag."""
        if series_id not in self.series_ids():
            raise UnknownSeriesError(f"There is no macro/{series_id}.csv.")
        rows = Table(self.folder / "macro" / f"{series_id}.csv", MACRO_COLUMNS, ("realtime_start",)).rows()
        observations = (_observation(series_id, row) for row in rows if row["value"])
        return MacroSeries(series_id, tuple(observations), "everything")

    def _asset(self, ticker: str) -> Row:
        assets = self._assets()
        row = assets.get(checked_ticker(ticker))
        if row is None:
            raise UnknownTickerError(f"Unknown ticker {ticker}: assets.csv has no row for it.")
        pairs = [listed.removesuffix("=X") for listed in assets if listed.endswith("=X")]
        checked_currency(ticker, row["currency"], [pair[place : place + 3] for pair in pairs for place in (0, 3)])
        return row

    def _assets(self) -> dict[str, Row]:
        """The rows of assets.csv by ticker."""
        assets: dict[str, Row] = {}
        for row in Table(self.folder / "assets.csv", ASSET_COLUMNS, FURTHER_ASSET_COLUMNS).rows():
            ticker = row["ticker"].upper()
            if not TICKER.fullmatch(ticker):
                raise row.malformed(f"{ticker!r} is not a ticker: {RULE}")
            if ticker in assets:
                raise row.malformed(f"second row for {ticker}")
            if not CURRENCY.fullmatch(row["currency"]):
                raise row.malformed(f"{ticker} has currency {row['currency']!r}: use a three-letter code such as USD")
            if row["price_basis"] not in ("", *PRICE_BASES):
                raise row.malformed(f"{ticker} has price_basis {row['price_basis']!r}: use as_traded or split_adjusted")
            row.cells["ticker"] = ticker
            assets[ticker] = row
        return assets


def _is_called(row: Row, wanted: str) -> bool:
    return wanted in row["name"].casefold() or wanted == row["isin"].casefold() != ""


def _bar(row: Row) -> Bar:
    return Bar(
        price_date=row.day("date"),
        close=row.amount("close"),
        open=row.amount("open"),
        high=row.amount("high"),
        low=row.amount("low"),
        adj_close=row.amount("adj_close"),
        volume=row.amount("volume"),
    )


def _actions(row: Row, currency: str) -> list[Action]:
    """An empty cell or 0 means no dividend or capital gain; an empty cell, 0 or 1 means no split."""
    day, split = row.day("date"), row.amount("splits")
    kinds: dict[str, ActionKind] = {"dividends": "dividend", "capital_gains": "capital_gain"}
    paid = [(kind, row.amount(column)) for column, kind in kinds.items()]
    actions = [Action(day, kind, amount, currency) for kind, amount in paid if amount]
    return [*actions, Action(day, "split", split)] if split and split != 1 else actions


def _observation(series_id: str, row: Row) -> Observation:
    day, value = row.day("observation_date"), row.number("value")
    if row["realtime_start"]:
        return Observation(day, value, row.day("realtime_start"), "vintage")
    return Observation(day, value, definition(series_id).published_on(day), "publication_lag")
