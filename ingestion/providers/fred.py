"""FRED: every vintage through the fredapi package with a key, today's values from the public download without one."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from ingestion.errors import GarbageError
from ingestion.macro.series import SERIES, definition
from ingestion.providers.http import fetch
from ingestion.records import MacroSeries, Observation

DOWNLOAD = "https://fred.stlouisfed.org/graph/fredgraph.csv"
DOWNLOAD_HOSTS = ("fred.stlouisfed.org",)
# FRED rejects a request for more than 2,000 publications.
PUBLICATIONS_AT_ONCE = 1500
LAST_DAY = "9999-12-31"


@dataclass(frozen=True)
class FredApiSource:
    """FRED's API: every value a series ever had, dated by the day it was published."""

    key: SecretStr
    name: Literal["fred"] = "fred"

    def series_ids(self) -> Sequence[str]:
        """Series in our list that FRED has."""
        return _series_on_fred()

    def series(self, series_id: str, since: date | None = None) -> MacroSeries:
        """All vintages, or those valid on the day `since` and all later ones."""
        from ingestion.providers.fred_client import BoundedFred

        client = BoundedFred(self.key.get_secret_value())
        try:
            published = [day.date() for day in client.get_series_vintage_dates(series_id)]
            before = [day for day in published if since is not None and day <= since]
            vintages = _vintages(client, series_id, published[max(len(before) - 1, 0) :])
        except (ValueError, TypeError, KeyError, InvalidOperation) as error:
            raise GarbageError(f"FRED's answer about {series_id} can't be read ({type(error).__name__}).") from error
        if before:
            return MacroSeries(series_id, tuple(vintages), "later_vintages")
        return MacroSeries(series_id, tuple(_before_the_archive(series_id, vintages)), "everything")


def _vintages(client: Any, series_id: str, published: Sequence[date]) -> list[Observation]:
    """Values by publication day, fetched in batches of publications.

    FRED dates a value older than the requested period by the period's first day. Each batch therefore starts with the
    last publication of the previous one, whose values are already known.
    """
    rows: list[Observation] = []
    step = PUBLICATIONS_AT_ONCE - 1
    for first in range(0, max(len(published) - 1, 1) if published else 0, step):
        part = published[first : first + PUBLICATIONS_AT_ONCE]
        is_last = part[-1] == published[-1]
        table = client.get_series_all_releases(series_id, part[0], LAST_DAY if is_last else part[-1])
        if not table.empty:
            rows += (
                Observation(day.date(), _decimal(value), known_on.date(), "vintage")
                for known_on, day, value in table[["realtime_start", "date", "value"]].dropna().itertuples(index=False)
                if first == 0 or known_on.date() > part[0]
            )
    return rows


@dataclass(frozen=True)
class FredDownloadSource:
    """FRED's public download, which needs no key and knows only the latest value of each observation."""

    name: Literal["fred download"] = "fred download"

    def series_ids(self) -> Sequence[str]:
        """Series in our list that FRED has."""
        return _series_on_fred()

    def series(self, series_id: str, since: date | None = None) -> MacroSeries:
        """Today's values, dated by the publication lag."""
        body = fetch(f"{DOWNLOAD}?{urlencode({'id': series_id})}", f"FRED series {series_id}", DOWNLOAD_HOSTS)
        rows = csv.reader(io.StringIO(body.decode(errors="replace")))
        if next(rows, None) != ["observation_date", series_id]:
            raise GarbageError(f"FRED's answer is not {series_id}. Try again later.")
        try:
            observations = tuple(
                _lag_dated(series_id, date.fromisoformat(day), Decimal(value))
                for day, value in rows
                if value not in ("", ".")
            )
        except (ValueError, InvalidOperation, csv.Error) as error:
            raise GarbageError(f"FRED's table of {series_id} can't be read: {error}.") from error
        return MacroSeries(series_id, observations, "todays_values")


def _series_on_fred() -> Sequence[str]:
    return [series.series_id for series in SERIES if series.on_fred]


def _before_the_archive(series_id: str, vintages: Sequence[Observation]) -> list[Observation]:
    """Values older than FRED's archive all carry its first day; they were known earlier, by the publication lag."""
    archive_start = min((row.realtime_start for row in vintages), default=date.min)
    return [
        row._replace(realtime_start=known_on, dated_by="publication_lag")
        if row.realtime_start == archive_start
        and (known_on := definition(series_id).published_on(row.observation_date)) < archive_start
        else row
        for row in vintages
    ]


def _lag_dated(series_id: str, day: date, value: Any) -> Observation:
    return Observation(day, _decimal(value), definition(series_id).published_on(day), "publication_lag")


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))
