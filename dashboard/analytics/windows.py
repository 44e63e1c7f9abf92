"""Parts of a history: the fixed windows, or a custom range."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, cast

from dashboard.api.payloads import Timeseries, WindowPerformance

Series = dict[str, list[Any]]  # the columns that were asked for

WINDOWS = {"ytd": "YTD", "1y": "1Y", "3y": "3Y", "5y": "5Y", "10y": "10Y", "all": "All", "custom": "Custom"}
ALL, CUSTOM = "all", "custom"


@dataclass(frozen=True)
class Window:
    """A window of days, both ends inclusive."""

    name: str
    first_day: str
    last_day: str
    currency: str

    @property
    def bounds(self) -> tuple[str, str] | tuple[None, None]:
        """The parameters for the API; the whole history is one document, whatever its length."""
        return (None, None) if self.name == ALL else (self.first_day, self.last_day)

    @property
    def place(self) -> str:
        """The key by which an explanation finds the window's figures: its name, or its days."""
        return f"{CUSTOM} {self.first_day} {self.last_day}" if self.name == CUSTOM else self.name


def chosen(
    items: list[WindowPerformance], name: str, first_day: str | None = None, last_day: str | None = None
) -> Window:
    """The requested one of the API's windows; the whole history if the portfolio is too young for it.

    A range is cut to the available days.
    """
    known = {item["time_window"]: item for item in items}
    whole = known[ALL]
    if name == CUSTOM and first_day and last_day:
        first, last = max(first_day, whole["from_date"]), min(last_day, whole["as_of_date"])
        if first <= last:
            return Window(CUSTOM, first, last, whole["base_currency"])
    figures = known.get(name, whole)
    return Window(figures["time_window"], figures["from_date"], figures["as_of_date"], figures["base_currency"])


def options(items: list[WindowPerformance]) -> list[dict[str, str | bool]]:
    """The choices; windows the portfolio is too young for are disabled."""
    known = {CUSTOM, *(item["time_window"] for item in items)}
    return [{"value": name, "label": label, "disabled": name not in known} for name, label in WINDOWS.items()]


def within(series: Timeseries, first_day: str, last_day: str) -> Series:
    """The rows from one day to another, both inclusive; `date` ascends."""
    start, end = bisect_left(series["date"], first_day), bisect_right(series["date"], last_day)
    return {name: column[start:end] for name, column in cast("Series", series).items()}
