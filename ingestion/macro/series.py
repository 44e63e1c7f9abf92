"""The macro series we keep, and when a value without a vintage counts as published."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Frequency = Literal["daily", "monthly", "quarterly"]


@dataclass(frozen=True)
class SeriesDefinition:
    """One series.

    Args:
        title: What people call it, in the API and on the pages.
        lag: Days from the end of the observed period to its publication.
        on_fred: False for a series that only the files source can provide.

    """

    series_id: str
    title: str
    frequency: Frequency
    lag: int
    on_fred: bool = True

    def published_on(self, observation_date: date) -> date:
        """The day on which the value for the period starting on `observation_date` became known."""
        return _period_end(observation_date, self.frequency) + timedelta(days=self.lag)


SERIES = (
    SeriesDefinition("INDPRO", "Industrial production", "monthly", 15),
    SeriesDefinition("CPILFESL", "US core consumer prices", "monthly", 12),
    SeriesDefinition("CPIAUCSL", "US consumer prices", "monthly", 12),
    SeriesDefinition("UNRATE", "Unemployment rate", "monthly", 5),
    SeriesDefinition("UNRATENSA", "Unemployment rate, not seasonally adjusted", "monthly", 5),
    SeriesDefinition("PAYEMS", "Nonfarm payrolls", "monthly", 5),
    SeriesDefinition("CFNAI", "Chicago Fed national activity index", "monthly", 28),
    SeriesDefinition("FEDFUNDS", "Federal funds rate", "monthly", 3),
    SeriesDefinition("TB3MS", "3-month Treasury bill rate", "monthly", 3),
    SeriesDefinition("DGS3MO", "3-month Treasury yield", "daily", 1),
    SeriesDefinition("T10Y2Y", "10-year minus 2-year Treasury yield", "daily", 1),
    SeriesDefinition("T10Y3M", "10-year minus 3-month Treasury yield", "daily", 1),
    SeriesDefinition("GDPC1", "Real gross domestic product", "quarterly", 30),
    # Turning points are announced 4 to 21 months late: use them as a label to validate against, never as an input.
    SeriesDefinition("USREC", "NBER recession", "monthly", 365),
    SeriesDefinition("FRENCHRF", "1-month Treasury bill rate (Kenneth French)", "monthly", 3, on_fred=False),
)
_BY_ID = {series.series_id: series for series in SERIES}

# For series not listed above: late enough for nearly every monthly statistic.
DEFAULT_LAG = 60


def definition(series_id: str) -> SeriesDefinition:
    """The known definition, or a monthly series with DEFAULT_LAG."""
    return _BY_ID.get(series_id) or SeriesDefinition(series_id, series_id, "monthly", DEFAULT_LAG)


def _period_end(start: date, frequency: Frequency) -> date:
    if frequency == "daily":
        return start
    month = start.month if frequency == "monthly" else 3 * ((start.month - 1) // 3) + 3
    return date(start.year, month, calendar.monthrange(start.year, month)[1])
