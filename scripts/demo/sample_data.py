"""Real history from Python packages, written as a folder for the `files` source: no key, no network.

Equities are as traded. Their packages have no splits or dividends, but an adjusted close at full precision: close /
adj_close is constant except on ex-dates, and its step on an ex-date is split x (1 + dividend / close).
"""

import argparse
import csv
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

# Below this: rounding in the package. A split of less than 3:2 would look like a dividend, but none occurred.
SMALLEST_STEP = 1e-6
SMALLEST_SPLIT = 1.5
# On a split's day the price may also move by itself.
LARGEST_MOVE = 0.25

PRICE_COLUMNS = ("date", "open", "high", "low", "close", "adj_close", "volume", "dividends", "splits")
ASSET_COLUMNS = (
    *("ticker", "name", "currency", "exchange", "quote_type", "sector", "industry", "country", "timezone"),
    "price_basis",
)
NEW_YORK = "America/New_York"
TECHNOLOGY = "Technology"
COMMUNICATION = "Communication Services"
INTERNET = "Internet Content & Information"
EQUITIES = {
    "AAPL": ("Apple Inc.", "NASDAQ", TECHNOLOGY, "Consumer Electronics"),
    "FB": ("Facebook, Inc.", "NASDAQ", COMMUNICATION, INTERNET),
    "GOOG": ("Google Inc.", "NASDAQ", COMMUNICATION, INTERNET),
    "IBM": ("International Business Machines Corporation", "NYSE", TECHNOLOGY, "Information Technology Services"),
    "MSFT": ("Microsoft Corporation", "NASDAQ", TECHNOLOGY, "Software - Infrastructure"),
}
INDICES = {"^GSPC": ("S&P 500", "SNP"), "^IXIC": ("NASDAQ Composite", "NASDAQ")}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SampleDataError(RuntimeError):
    """A package holds unexpected data; the message says what and where."""


@dataclass(frozen=True)
class CorporateAction:
    """What a shareholder got on one ex-date: new shares for each old one, dividend per new share."""

    split: float = 1.0
    dividend: float = 0.0


def build(folder: Path) -> None:
    """Rebuild the folder; nobody ever sees it half-written."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    unfinished.chmod(0o755)
    try:
        _write_assets(unfinished / "assets.csv")
        _write_equities(unfinished / "prices")
        _write_indices(unfinished / "prices")
        _write_macro(unfinished / "macro")
        _replace(folder, unfinished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def corporate_actions(
    days: Sequence[str], closes: Sequence[float], adjusted: Sequence[float]
) -> dict[str, CorporateAction]:
    """Splits and dividends by ex-date, from closes as traded and closes adjusted for both.

    A constant ratio of the two means an action after the last day, and gives nothing here.
    """
    actions = {}
    for today in range(1, len(days)):
        before, now = closes[today - 1] / adjusted[today - 1], closes[today] / adjusted[today]
        step = before / now
        if abs(step - 1) > SMALLEST_STEP:
            split = _split_ratio(days[today], step, closes[today - 1] / closes[today])
            # Three decimals: companies declare cents, sometimes tenths of a cent.
            actions[days[today]] = CorporateAction(split, round(closes[today] * (step / split - 1), 3))
    return actions


def _split_ratio(day: str, step: float, fall: float) -> float:
    """1 for a plain dividend; otherwise the ratio, which the price as traded must match."""
    if step < SMALLEST_SPLIT:
        if step < 1:
            raise SampleDataError(f"The adjustment steps back by {step:.6f} on {day}: no dividend does that.")
        return 1.0
    ratio = round(step * 2) / 2
    if abs(fall / ratio - 1) > LARGEST_MOVE:
        raise SampleDataError(f"A {ratio:g}:1 split on {day}, but the close went down to 1/{fall:.2f}.")
    return ratio


def _write_assets(path: Path) -> None:
    equities = [
        (ticker, name, "USD", exchange, "EQUITY", sector, industry, "United States", NEW_YORK, "as_traded")
        for ticker, (name, exchange, sector, industry) in EQUITIES.items()
    ]
    indices = [
        (ticker, name, "USD", exchange, "INDEX", "", "", "United States", NEW_YORK, "as_traded")
        for ticker, (name, exchange) in INDICES.items()
    ]
    _write(path, ASSET_COLUMNS, equities + indices)


def _write_equities(folder: Path) -> None:
    from bokeh_sampledata import stocks

    for ticker in EQUITIES:
        table = getattr(stocks, ticker)
        actions = corporate_actions(table["date"], table["close"], table["adj_close"])
        rows = zip(*(table[column] for column in PRICE_COLUMNS[:7]), strict=True)
        none = CorporateAction()
        _write(
            folder / f"{ticker}.csv",
            PRICE_COLUMNS,
            ((*row, actions.get(row[0], none).dividend, actions.get(row[0], none).split) for row in rows),
        )


def _write_indices(folder: Path) -> None:
    from arch.data import nasdaq, sp500

    for ticker, package in (("^GSPC", sp500), ("^IXIC", nasdaq)):
        table = package.load()
        columns = (table[name].tolist() for name in ("Open", "High", "Low", "Close", "Adj Close", "Volume"))
        days = (day.date().isoformat() for day in table.index)
        _write(
            folder / f"{ticker}.csv",
            PRICE_COLUMNS,
            ((*row, 0.0, 1.0) for row in zip(days, *columns, strict=True)),
        )


def _write_macro(folder: Path) -> None:
    from arch.data import core_cpi, frenchdata
    from bokeh_sampledata import unemployment1948

    core_prices = core_cpi.load()["CPILFESL"].dropna()
    _write_series(folder / "CPILFESL.csv", ((day.date(), value) for day, value in core_prices.items()))
    # The Bureau's table is not seasonally adjusted (4.0 for January 1948, 3.4 adjusted).
    _write_series(folder / "UNRATENSA.csv", _unemployment(unemployment1948))
    _write_series(folder / "FRENCHRF.csv", _bill_rates(frenchdata))


def _unemployment(package: ModuleType) -> Iterable[tuple[date, float]]:
    table: Any = package.data
    for year, *rates in table[["Year", *MONTHS]].itertuples(index=False):
        for month, rate in enumerate(rates, start=1):
            yield date(int(year), month, 1), float(rate)


def _bill_rates(package: ModuleType) -> Iterable[tuple[date, float]]:
    """Kenneth French's one-month Treasury bill return, converted from percent a month to percent a year (x 12)."""
    table: Any = package.load()
    for stamp, rate in table["RF"].items():
        # The package's index holds 192607, read as nanoseconds.
        year, month = divmod(stamp.value, 100)
        yield date(year, month, 1), round(float(rate) * 12, 2)


def _write_series(path: Path, observations: Iterable[tuple[date, float]]) -> None:
    _write(path, ("observation_date", "value"), observations)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _replace(folder: Path, successor: Path) -> None:
    """Move the old folder aside first: a folder can't be renamed onto a full one."""
    if folder.exists():
        predecessor = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(predecessor / folder.name)
        successor.rename(folder)
        shutil.rmtree(predecessor)
    else:
        successor.rename(folder)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Write the demo's price and macro files into a folder.")
    arguments.add_argument("folder", type=Path)
    build(arguments.parse_args().folder)
