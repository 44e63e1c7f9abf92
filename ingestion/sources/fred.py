"""FRED: with a key every vintage through the fredapi package, without one the public download of today's values."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from ingestion.errors import ProviderUnavailableError
from ingestion.records import MacroSeries, Observation
from ingestion.series import SERIES, definition
from ingestion.sources.http import fetch

API = "https://api.stlouisfed.org/fred"
DOWNLOAD = "https://fred.stlouisfed.org/graph/fredgraph.csv"


@dataclass(frozen=True)
class FredApiSource:
    """FRED's API: every value a series ever had, dated by the day it was published."""

    key: SecretStr
    address: str = API
    name: Literal["fred"] = "fred"

    def series_ids(self) -> Sequence[str]:
        """The series of our list that FRED has."""
        return _series_on_fred()

    def series(self, series_id: str) -> MacroSeries:
        """All vintages; of daily market rates, which are not revised, today's values dated by their publication lag."""
        from ingestion.sources.fred_client import BoundedFred

        client = BoundedFred(self.key.get_secret_value(), self.address)
        if definition(series_id).frequency == "daily":
            values = client.get_series(series_id).dropna()
            rows = [_lag_dated(series_id, stamp.date(), value) for stamp, value in values.items()]
            return MacroSeries(series_id, tuple(rows), is_whole=False)
        table = client.get_series_all_releases(series_id)
        if table.empty:
            return MacroSeries(series_id, (), is_whole=True)
        vintages = [
            Observation(day.date(), _decimal(value), known_on.date(), "vintage")
            for known_on, day, value in table[["realtime_start", "date", "value"]].dropna().itertuples(index=False)
        ]
        return MacroSeries(series_id, tuple(_before_the_archive(series_id, vintages)), is_whole=True)


@dataclass(frozen=True)
class FredDownloadSource:
    """FRED's public download, which needs no key and knows only the latest value of each observation."""

    address: str = DOWNLOAD
    name: Literal["fred download"] = "fred download"

    def series_ids(self) -> Sequence[str]:
        """The series of our list that FRED has."""
        return _series_on_fred()

    def series(self, series_id: str) -> MacroSeries:
        """Today's values, dated by the publication lag."""
        text = fetch(f"{self.address}?{urlencode({'id': series_id})}", subject=f"FRED series {series_id}").decode()
        rows = csv.reader(io.StringIO(text))
        if next(rows, None) != ["observation_date", series_id]:
            raise ProviderUnavailableError(f"FRED answered something else than {series_id}: try again later.")
        try:
            observations = tuple(
                _lag_dated(series_id, date.fromisoformat(day), Decimal(value))
                for day, value in rows
                if value not in ("", ".")
            )
        except (ValueError, InvalidOperation) as error:
            raise ProviderUnavailableError(f"FRED's table of {series_id} can't be read: {error}.") from error
        return MacroSeries(series_id, observations, is_whole=False)


def _series_on_fred() -> Sequence[str]:
    return [series.series_id for series in SERIES if series.on_fred]


def _before_the_archive(series_id: str, vintages: Sequence[Observation]) -> list[Observation]:
    """Values older than FRED's archive all carry its first day: those were known earlier, by the publication lag."""
    archive_start = min((row.realtime_start for row in vintages), default=date.min)
    return [
        replace(row, realtime_start=known_on, dated_by="publication_lag")
        if row.realtime_start == archive_start
        and (known_on := definition(series_id).published_on(row.observation_date)) < archive_start
        else row
        for row in vintages
    ]


def _lag_dated(series_id: str, day: date, value: Any) -> Observation:
    return Observation(day, _decimal(value), definition(series_id).published_on(day), "publication_lag")


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))
