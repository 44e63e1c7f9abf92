"""Measures the first load and the daily refresh of bronze, on a PostgreSQL that it starts and stops.

The histories are made in memory, so that no provider is measured; everything else runs as it does every day: checks,
COPY into staging, MERGE, the log of runs.
"""

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from math import sin
from typing import Any

import psycopg

from ingestion.config import IngestionSettings
from ingestion.prices.history import refresh
from ingestion.records import Asset, Bar, PriceHistory, TickerSuggestion
from ingestion.store import bronze
from ingestion.store.runs import Run, recorded
from scripts.bench.promises import Promise
from scripts.launcher.throwaway_postgres import migrated_database

TICKERS = [f"T{number:03}" for number in range(500)]
SESSIONS = 20 * 252
# Both sides of a comparison take turns, so that a noisy neighbour disturbs both.
TURN = 100
MEGABYTES_ALLOWED = 500


def sessions(count: int) -> list[Bar]:
    """A random walk with as many digits as a provider sends, one bar per weekday from 2004 on."""
    close = 100.0
    bars: list[Bar] = []
    days = (date(2004, 1, 1) + timedelta(days=number) for number in range(10_000))
    for day in islice((day for day in days if day.weekday() < 5), count):  # noqa: PLR2004 - Monday to Friday
        close *= 1.0002 + 0.02 * sin(len(bars) ** 2)
        amounts = (close, close * 0.999, close * 1.01, close * 0.99, close * 0.9, float(int(close * 1e5)))
        last, first, high, low, adjusted, volume = (Decimal(repr(amount)) for amount in amounts)
        bars.append(Bar(day, last, first, high, low, adjusted, volume))
    return bars


@dataclass
class MemorySource:
    """A provider with every ticker's bars in memory."""

    bars: list[Bar]
    corrections: dict[str, list[Bar]] = field(default_factory=dict)
    name: str = "memory"
    overlap: timedelta | None = timedelta(days=14)
    parallel_requests: int = 8

    def asset(self, ticker: str) -> Asset:
        """The ticker's asset."""
        return Asset(ticker, name=ticker, quote_type="EQUITY", currency="USD")

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """Its bars."""
        bars = self.corrections.get(ticker, self.bars)
        window = tuple(bar for bar in bars[-30:] if bar.price_date >= start) if start else tuple(bars)
        return PriceHistory(ticker, "USD", "split_adjusted", window, ())

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Unused."""
        return []


def rows() -> list[Promise]:
    """First load against a bare COPY, rows written by a daily refresh against rows changed, memory."""
    with migrated_database() as (home, administrator):
        settings = IngestionSettings(
            postgres_port=home.ports["POSTGRES_PORT"],
            ingestion_db_password=home.secrets["INGESTION_DB_PASSWORD"],
        )
        bars = sessions(SESSIONS + 1)
        source = MemorySource(bars[:-1])
        bare, load = _first_load(settings, administrator, source)
        count = len(TICKERS) * SESSIONS
        print(f"First load: {count:,} rows, {count / load:,.0f} rows/s; bare COPY {count / bare:,.0f} rows/s")
        source.bars = bars
        source.corrections = {ticker: [*bars[:-3], _corrected(bars[-3]), *bars[-2:]] for ticker in TICKERS[:10]}
        started = administrator.execute("select clock_timestamp()").fetchone()
        seconds = _timed(settings, source, TICKERS)
        written = administrator.execute("select count(*) from bronze.raw_prices where loaded_at > %s", started)
        (rows_written,) = written.fetchone() or (0,)
        print(f"Daily refresh of {len(TICKERS)} tickers: {seconds:.1f} s, {rows_written} rows written")
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Promise("First load of 500 tickers x 20 years, against a bare COPY of the same rows", load, bare, limit=2),
        Promise(
            "Rows that a daily refresh writes, against rows that changed",
            rows_written,
            len(TICKERS) + len(source.corrections),
            limit=1,
            unit="rows",
        ),
        Promise("Peak memory of loading them", megabytes, MEGABYTES_ALLOWED, limit=1, unit="MB"),
    ]


def _first_load(
    settings: IngestionSettings, administrator: psycopg.Connection[Any], source: MemorySource
) -> tuple[float, float]:
    """Seconds for a bare COPY and for the load, both into tables with the same key and checks."""
    administrator.execute("create table public.bare (like bronze.raw_prices including all)")
    bare = load = 0.0
    for first in range(0, len(TICKERS), TURN):
        turn = TICKERS[first : first + TURN]
        bare += _bare_copy(administrator, source.bars, turn)
        load += _timed(settings, source, turn)
    administrator.execute("drop table public.bare")
    return bare, load


def _bare_copy(administrator: psycopg.Connection[Any], bars: Sequence[Bar], tickers: Sequence[str]) -> float:
    columns = "ticker, price_date, close, open, high, low, adj_close, volume, is_provisional, price_basis, source"
    started = time.monotonic()
    tail = "split_adjusted\tmemory\n"
    with administrator.cursor() as cursor, cursor.copy(f"copy public.bare ({columns}) from stdin") as copy:
        for ticker in tickers:
            copy.write("".join(["\t".join((ticker, *map(str, bar), tail)) for bar in bars]))
    return time.monotonic() - started


def _timed(settings: IngestionSettings, source: MemorySource, tickers: Sequence[str]) -> float:
    started = time.monotonic()
    with (
        bronze.connections(settings, source.parallel_requests) as pool,
        ThreadPoolExecutor(source.parallel_requests) as threads,
    ):

        def load(ticker: str) -> None:
            run = Run("prices", ticker, source.name)
            with pool.connection() as connection, recorded(connection, run), bronze.sole_writer(connection, ticker):
                refresh(connection, source, run)

        list(threads.map(load, tickers))
    return time.monotonic() - started


def _corrected(bar: Bar) -> Bar:
    return bar._replace(close=(bar.close or Decimal(0)) + 1)


if __name__ == "__main__":
    for row in rows():
        print(row)
