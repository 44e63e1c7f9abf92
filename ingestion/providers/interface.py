"""What every source of prices or macro series must provide."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from ingestion.records import Asset, MacroSeries, PriceHistory, TickerSuggestion


class PriceSource(Protocol):
    """Prices by ticker. Methods raise only the errors in `ingestion.errors`."""

    @property
    def name(self) -> str:
        """Stored with every row."""

    @property
    def overlap(self) -> timedelta | None:
        """How far a refresh looks back to detect restated history.

        None for a source that is read whole each time and is the truth: rows it no longer has are removed.
        """

    @property
    def parallel_requests(self) -> int:
        """How many tickers may be requested at once."""

    def asset(self, ticker: str) -> Asset:
        """The ticker's asset."""

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """All bars and actions, or those from `start` on."""

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Tickers whose symbol or name matches, best first."""


class MacroSource(Protocol):
    """Macro series by id."""

    @property
    def name(self) -> str:
        """Stored with every row."""

    def series_ids(self) -> Sequence[str]:
        """The series this source can provide."""

    def series(self, series_id: str, since: date | None = None) -> MacroSeries:
        """All observations of one series; a source that keeps vintages may return only those since the day `since`."""
