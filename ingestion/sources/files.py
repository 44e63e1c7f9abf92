"""A folder of CSV files as a source: for markets that no provider covers, for closed networks, and for the demo.

assets.csv            ticker, name, currency, exchange, quote_type, sector, price_basis
                      [, industry, country, timezone]
prices/<TICKER>.csv   date, close [, open, high, low, adj_close, volume, dividends, splits]
macro/<SERIES>.csv    observation_date, value [, realtime_start]
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from ingestion.errors import NoPricesError, ProviderUnavailableError, UnknownTickerError
from ingestion.records import (
    Action,
    Asset,
    Bar,
    MacroSeries,
    Observation,
    PriceBasis,
    PriceHistory,
    TickerSuggestion,
    checked_ticker,
)
from ingestion.series import definition

ASSET_COLUMNS = ("ticker", "name", "currency", "exchange", "quote_type", "sector", "price_basis")
Row = dict[str, str]


@dataclass(frozen=True)
class FilesSource:
    """The folder is the truth: a changed file is a changed history."""

    folder: Path
    name: Literal["files"] = "files"
    overlap: timedelta | None = None
    parallel_requests: int = 1

    def asset(self, ticker: str) -> Asset:
        """Who the ticker is, by its row in assets.csv."""
        row = self._asset_row(checked_ticker(ticker))
        return Asset(
            ticker=row["ticker"],
            name=row["name"] or None,
            quote_type=row["quote_type"].upper() or "EQUITY",
            currency=row["currency"],
            exchange=row["exchange"] or None,
            timezone=row.get("timezone") or None,
            sector=row["sector"] or None,
            industry=row.get("industry") or None,
            country=row.get("country") or None,
        )

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """Bars and actions of prices/<TICKER>.csv."""
        row = self._asset_row(checked_ticker(ticker))
        path = self.folder / "prices" / f"{row['ticker']}.csv"
        if not path.is_file():
            raise NoPricesError(f"{row['ticker']} is listed in assets.csv, but there is no prices/{path.name}.")
        bars, actions, unreadable = _read_prices(path, row["currency"])
        return PriceHistory(
            ticker=row["ticker"],
            currency=row["currency"],
            price_basis=_price_basis(row),
            bars=tuple(bar for bar in bars if start is None or bar.price_date >= start),
            actions=tuple(action for action in actions if start is None or action.ex_date >= start),
            unreadable=tuple(unreadable),
        )

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Assets whose ticker starts with the text, then those whose name holds it."""
        wanted = text.strip().casefold()
        rows = self._asset_rows()
        by_ticker = [row for row in rows if row["ticker"].casefold().lstrip("^").startswith(wanted.lstrip("^"))]
        by_name = [row for row in rows if row not in by_ticker and wanted in row["name"].casefold()]
        return [
            TickerSuggestion(row["ticker"], row["name"] or None, row["exchange"] or None, row["quote_type"] or None)
            for row in (by_ticker + by_name)[:limit]
        ]

    def series_ids(self) -> Sequence[str]:
        """Every file in macro/, known to us or not."""
        return sorted(path.stem for path in (self.folder / "macro").glob("*.csv"))

    def series(self, series_id: str) -> MacroSeries:
        """Observations of macro/<SERIES>.csv; without realtime_start they are dated by the publication lag."""
        observations, unreadable = [], []
        for line, row in _rows(self.folder / "macro" / f"{series_id}.csv", ("observation_date", "value")):
            try:
                if row["value"]:
                    observations.append(_observation(series_id, row))
            except (ValueError, InvalidOperation):
                unreadable.append(f"line {line} of {series_id}.csv can't be read: {row}")
        return MacroSeries(series_id, tuple(observations), is_whole=True, unreadable=tuple(unreadable))

    def _asset_rows(self) -> list[Row]:
        return [row for _, row in _rows(self.folder / "assets.csv", ASSET_COLUMNS)]

    def _asset_row(self, ticker: str) -> Row:
        for row in self._asset_rows():
            if row["ticker"].upper() == ticker:
                if not row["currency"]:
                    raise ProviderUnavailableError(f"{ticker} has no currency in assets.csv: fill it in.")
                return row | {"ticker": ticker}
        raise UnknownTickerError(f"{ticker} is not known: assets.csv has no row for it.")


def _read_prices(path: Path, currency: str) -> tuple[list[Bar], list[Action], list[str]]:
    bars: dict[date, Bar] = {}
    actions: list[Action] = []
    unreadable = []
    for line, row in _rows(path, ("date", "close")):
        try:
            day = date.fromisoformat(row["date"])
            bar = Bar(
                price_date=day,
                close=_amount(row["close"]),
                open=_amount(row.get("open")),
                high=_amount(row.get("high")),
                low=_amount(row.get("low")),
                adj_close=_amount(row.get("adj_close")),
                volume=_amount(row.get("volume")),
            )
            dividend, split = _amount(row.get("dividends")), _amount(row.get("splits"))
        except (ValueError, InvalidOperation):
            unreadable.append(f"line {line} of {path.name} can't be read: {row}")
            continue
        if day in bars:
            unreadable.append(f"line {line} of {path.name} repeats {day}: the first row is kept.")
            continue
        bars[day] = bar
        if dividend:
            actions.append(Action(day, "dividend", dividend, currency))
        if split and split != 1:
            actions.append(Action(day, "split", split))
    return [bars[day] for day in sorted(bars)], actions, unreadable


def _observation(series_id: str, row: Row) -> Observation:
    observed, value = date.fromisoformat(row["observation_date"]), Decimal(row["value"])
    vintage = row.get("realtime_start")
    if vintage:
        return Observation(observed, value, date.fromisoformat(vintage), "vintage")
    return Observation(observed, value, definition(series_id).published_on(observed), "publication_lag")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Rows with their line numbers; cells without surrounding blanks, missing ones empty."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise ProviderUnavailableError(f"{path} lacks the column {', '.join(sorted(missing))}.")
            for row in reader:
                yield reader.line_num, {key: (cell or "").strip() for key, cell in row.items() if key}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProviderUnavailableError(f"{path} can't be read: {error}.") from error


def _amount(cell: str | None) -> Decimal | None:
    """The number in a cell, None for an empty one."""
    return Decimal(cell) if cell else None


def _price_basis(row: Row) -> PriceBasis:
    match row["price_basis"]:
        case "split_adjusted":
            return "split_adjusted"
        case "as_traded" | "":
            return "as_traded"
        case other:
            raise ProviderUnavailableError(
                f"{row['ticker']} has the price_basis {other!r} in assets.csv: write as_traded or split_adjusted."
            )
