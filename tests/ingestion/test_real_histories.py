"""Real histories of a development machine, through replay server and real clients: bronze equals them exactly."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from pydantic import SecretStr

from ingestion.config import IngestionSettings
from ingestion.macro.observations import load_series
from ingestion.prices import price_refresh
from ingestion.providers.fred import FredApiSource, FredDownloadSource
from ingestion.providers.interface import MacroSource
from ingestion.store import bronze as database
from ingestion.store.runs import Run, recorded
from tests.ingestion.conftest import Bronze
from tests.ingestion.replay.fred import KEY, Fred
from tests.ingestion.replay.yahoo import Listing, Quote, Yahoo
from tests.support.real_data import FOLDER, needs_real_data

pytestmark = [pytest.mark.usefixtures("live"), needs_real_data]
COLUMNS = ["close", "open", "high", "low", "adj_close", "volume"]


def listings() -> dict[str, Listing]:
    """The thirteen tickers as Yahoo would send them."""
    bars = pd.read_parquet(FOLDER / "equities" / "yahoo_daily.parquet")
    actions = pd.read_csv(FOLDER / "equities" / "yahoo_actions.csv")
    found = {}
    for ticker, rows in bars.groupby("ticker"):
        quotes = [Quote(day.date(), *amounts) for day, *amounts in rows[["date", *COLUMNS]].itertuples(index=False)]
        traded = {quote.day for quote in quotes}
        own = actions[actions.ticker == ticker]
        rows_of = own[["ex_date", "type", "value"]].itertuples(index=False)
        events = [(date.fromisoformat(day), kind, value) for day, kind, value in rows_of]
        found[str(ticker)] = Listing(
            quotes,
            dividends={day: value for day, kind, value in events if kind == "dividend" and day in traded},
            splits={
                day: (round(value * 1000), 1000) for day, kind, value in events if kind == "split" and day in traded
            },
            name=str(ticker),
        )
    return found


def test_thirteen_tickers_equal_what_yahoo_sent(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings = listings()
    assert len(yahoo.listings) == 13

    for ticker in yahoo.listings:
        price_refresh.ensure_history(ticker)

    # Each share got one of another class that day, which is a listing of its own.
    assert bronze.quarantine() == [("GOOGL", date(2014, 4, 3), "split", "ratio")]
    for ticker, listing in yahoo.listings.items():
        stored = bronze.rows(
            f"select price_date, {', '.join(f'{name}::float8' for name in COLUMNS)}"
            f" from bronze.raw_prices where ticker = '{ticker}' order by 1"
        )
        sent = [(row.day, row.close, row.open, row.high, row.low, row.adj_close, row.volume) for row in listing.quotes]
        assert stored == sent
        actions = bronze.rows(
            f"select action, ex_date, value::float8 from bronze.raw_corporate_actions where ticker = '{ticker}'"
        )
        splits = {day: new / old for day, (new, old) in listing.splits.items()}
        assert {(day, value) for kind, day, value in actions if kind == "dividend"} == set(listing.dividends.items())
        assert {(day, value) for kind, day, value in actions if kind != "dividend"} == set(splits.items())


@pytest.mark.parametrize(
    "source", [FredDownloadSource(), FredApiSource(SecretStr(KEY))], ids=["without a key", "with a key"]
)
def test_twenty_six_series_equal_what_fred_sent(fred: Fred, bronze: Bronze, source: MacroSource) -> None:
    table = pd.read_parquet(FOLDER / "macro" / "fred_long.parquet")
    published = date(2026, 8, 1)
    values: dict[str, dict[date, Any]] = {
        str(series_id): {day.date(): value for day, value in rows[["date", "value"]].itertuples(index=False)}
        for series_id, rows in table.groupby("series_id")
    }
    assert len(values) == 26
    fred.series = {
        series_id: {day: {published: "." if pd.isna(value) else repr(float(value))} for day, value in rows.items()}
        for series_id, rows in values.items()
    }

    with database.connect(IngestionSettings()) as connection:
        for series_id in values:
            with recorded(connection, Run("macro", series_id, source.name)) as run:
                load_series(connection, source, run)

    stored: dict[str, dict[date, float]] = {series_id: {} for series_id in values}
    for series_id, day, value in bronze.rows("select series_id, observation_date, value::float8 from bronze.raw_fred"):
        stored[series_id][day] = value
    assert stored == {
        series_id: {day: value for day, value in rows.items() if not pd.isna(value)}
        for series_id, rows in values.items()
    }
    assert date(2025, 10, 1) not in stored["UNRATE"], "missing, not zero"
