"""Looking at a part of a history: where it starts, and what the return since then was."""

import calendar
from datetime import date
from typing import Any

WINDOWS = {"ytd": "YTD", "1y": "1 year", "3y": "3 years", "5y": "5 years", "10y": "10 years", "all": "All"}
YEARS = {"1y": 1, "3y": 3, "5y": 5, "10y": 10}


def base_day(as_of: date, window: str) -> date | None:
    """The day whose close a window is measured from; None for the whole history.

    YTD is measured from the last close of the year before, N years from the same day N years ago (29 February: the
    28th where there is no 29th).
    """
    if window == "ytd":
        return date(as_of.year - 1, 12, 31)
    if window not in YEARS:
        return None
    year = as_of.year - YEARS[window]
    return date(year, as_of.month, min(as_of.day, calendar.monthrange(year, as_of.month)[1]))


def rebased(series: dict[str, list[Any]], base: date | None) -> dict[str, list[Any]]:
    """The same columns, with `cumulative_return` counted from `base`.

    A portfolio that is younger than `base` keeps its returns: they start from its first purchase anyway.
    """
    if base is None or not series["date"] or series["date"][0] != base.isoformat():
        return series
    growth = 1 + (series["cumulative_return"][0] or 0)
    if growth == 0:  # all was lost before the window: nothing can be measured from there
        return series | {"cumulative_return": [None for _ in series["date"]]}
    returns = [None if value is None else (1 + value) / growth - 1 for value in series["cumulative_return"]]
    return series | {"cumulative_return": returns}
