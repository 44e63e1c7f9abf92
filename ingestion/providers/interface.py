"""What a source of prices or macro series must be able to do."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from ingestion.records import Asset, MacroSeries, PriceHistory, TickerSuggestion


class PriceSource(Protocol):
    """Prices by ticker. Every method raises the errors of `ingestion.errors` and nothing else."""

    @property
    def name(self) -> str:
        """Written beside every row."""

    @property
    def overlap(self) -> timedelta | None:
        """How far a refresh looks back to see whether history was restated.

        None for a source that is read whole each time, and is the truth: what it no longer holds is removed.
        """

    @property
    def parallel_requests(self) -> int:
        """How many tickers may be asked for at once."""

    def asset(self, ticker: str) -> Asset:
        """Who the ticker is."""

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        """All bars and actions, or those from `start` on."""

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        """Tickers whose symbol or name fits, the best first."""


class MacroSource(Protocol):
    """Macro series by id."""

    @property
    def name(self) -> str:
        """Written beside every row."""

    def series_ids(self) -> Sequence[str]:
        """The series this source has for us."""

    def series(self, series_id: str, since: date | None = None) -> MacroSeries:
        """All observations of one series; a source that keeps vintages may answer only those since the day `since`."""
