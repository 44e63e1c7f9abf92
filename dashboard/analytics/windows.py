"""Looking at a part of a history: the windows that the models know, or the days that somebody chose."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WINDOWS = {"ytd": "YTD", "1y": "1Y", "3y": "3Y", "5y": "5Y", "10y": "10Y", "all": "All", "custom": "Custom"}
ALL, CUSTOM = "all", "custom"


@dataclass(frozen=True)
class Window:
    """Both days belong to it; returns count from the close before the first."""

    name: str
    first_day: str
    last_day: str
    currency: str
    figures: dict[str, Any] | None = None  # what the models say of it; nothing of a range of one's own

    @property
    def base_day(self) -> str:
        """The day whose close the returns count from."""
        return (date.fromisoformat(self.first_day) - timedelta(days=1)).isoformat()


def chosen(items: list[dict[str, Any]], name: str, first_day: str | None = None, last_day: str | None = None) -> Window:
    """The wanted window of those that the API tells; all of it, where the portfolio is too young for that.

    A range is cut to the days that there are.
    """
    known = {item["time_window"]: item for item in items}
    whole = known[ALL]
    if name == CUSTOM and first_day and last_day:
        first, last = max(first_day, whole["from_date"]), min(last_day, whole["as_of_date"])
        if first <= last:
            return Window(CUSTOM, first, last, whole["base_currency"])
    figures = known.get(name, whole)
    days = figures["from_date"], figures["as_of_date"]
    return Window(figures["time_window"], *days, figures["base_currency"], figures)


def options(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What can be chosen; a window that the portfolio is too young for cannot."""
    known = {CUSTOM, *(item["time_window"] for item in items)}
    return [{"value": name, "label": label, "disabled": name not in known} for name, label in WINDOWS.items()]
