"""What "a year" means in the models, worked independently: elapsed time for growth, counted returns for scatter."""

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest


def growth_a_year(growth: float, days: int, fewest: int = 365) -> float | None:
    """The even rate a year of growth over so many calendar days; None for too few."""
    return growth ** (365.25 / days) - 1 if days >= fewest else None


def periods_a_year(return_days: Sequence[date], days: int) -> int:
    """Of 12, 52, 252 and 365 the nearest to the returns of a year; without weekends never 365."""
    counted = len(return_days) * 365.25 / days
    choices = [12, 52, 252, 365] if any(day.weekday() > 4 for day in return_days) else [12, 52, 252]
    return min(choices, key=lambda periods: abs(periods - counted))


def equal_to(value: float | str | None) -> Any:
    """What compares equal to a number to 1e-9, and to a text or None as it is."""
    return value if value is None or isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-12)


def bills(rates: Sequence[float], return_days: Sequence[date]) -> list[float]:
    """What a bill at each day's rate a year paid since the return day before; nothing on the first."""
    spans = [0, *((day - before).days for before, day in itertools.pairwise(return_days))]
    return [(1 + rate) ** (span / 365.25) - 1 for rate, span in zip(rates, spans, strict=True)]
