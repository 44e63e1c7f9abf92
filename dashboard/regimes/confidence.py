"""How much a return over some days is worth: the range in which it likely lies, from the standard error of its mean."""

from collections.abc import Mapping
from enum import StrEnum
from math import exp, sqrt
from statistics import NormalDist
from typing import Any

ENOUGH_DAYS = 60  # below a quarter of a year, a return a year is a guess
DAYS_A_YEAR = 365.25
STANDARD_ERRORS = NormalDist().inv_cdf(0.975)  # 95 % lie within so many on either side
LARGEST_EXPONENT = 700.0  # of what a double holds


class Confidence(StrEnum):
    """What may be said of a return."""

    FEW_DAYS = "few days"
    MAY_BE_CHANCE = "may be chance"
    CLEAR = "clear"


def likely_range(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """The 95 % range of the annualised return of a regime; None where there are too few days to say.

    Growth is taken as log-normal with independent days: the standard error of a year's log growth is the volatility a
    year over the root of the years.
    """
    annualised, volatility = row["annualised_return"], row["volatility"]
    if annualised is None or volatility is None or annualised <= -1 or row["trading_days"] < ENOUGH_DAYS:
        return None
    spread = min(STANDARD_ERRORS * volatility / sqrt(row["days"] / DAYS_A_YEAR), LARGEST_EXPONENT)
    return (1 + annualised) * exp(-spread) - 1, (1 + annualised) * exp(spread) - 1


def confidence(row: Mapping[str, Any]) -> Confidence:
    """Whether a regime's return can be told from no return at all."""
    bounds = likely_range(row)
    if bounds is None:
        return Confidence.FEW_DAYS
    return Confidence.MAY_BE_CHANCE if bounds[0] <= 0 <= bounds[1] else Confidence.CLEAR
