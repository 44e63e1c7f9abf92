"""Returns of calendar months and years, and statistics over a moving number of trading days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dashboard.analytics.returns import Series, Value, growth

EXCHANGE_DAYS = 252  # a year


def monthly(days: Sequence[str], returns: Sequence[Value]) -> dict[str, Value]:
    """The return of each month (`2024-01`) that has trading days among these; None when a day's is unknown."""
    return _compounded((day[:7] for day in days), returns)


def yearly(days: Sequence[str], returns: Sequence[Value]) -> dict[str, Value]:
    """The same of each year."""
    return _compounded((day[:4] for day in days), returns)


def returns_of(exchange_days: int, periods_a_year: int | None) -> int:
    """How many returns of a portfolio are as long as so many exchange days; two at least, or nothing scatters.

    >>> returns_of(63, 252), returns_of(63, 365), returns_of(63, 12)
    (63, 91, 3)
    """
    return max(2, round(exchange_days * (periods_a_year or EXCHANGE_DAYS) / EXCHANGE_DAYS))


def rolling(series: Series, comparison: Mapping[str, Any], length: int, periods_a_year: int | None) -> Series:
    """`volatility` and `sharpe` of each trading day's last `length`, as columns beside `date`.

    `periods_a_year` is the models' count of returns a year, None where there are none to speak of.
    """
    bill_on = dict(zip(comparison["date"], comparison["risk_free_return"], strict=True))
    bills = [bill_on.get(day) for day in series["date"]]
    return {
        "date": series["date"],
        "volatility": rolling_volatility(series["daily_return"], length, periods_a_year or EXCHANGE_DAYS),
        "sharpe": rolling_sharpe(series["daily_return"], bills, length, periods_a_year or EXCHANGE_DAYS),
    }


def rolling_volatility(returns: Sequence[Value], length: int, periods_a_year: int) -> list[Value]:
    """Standard deviation of the last `length` daily returns, per year; None where one of them is unknown.

    Source: docs/metrics.md, stdev(ddof 1) x sqrt(returns a year).
    """
    spread = [float(value) for value in _deviations(_numbers(returns), length)]
    return _led(len(returns), spread, periods_a_year**0.5)


def rolling_sharpe(returns: Sequence[Value], bills: Sequence[Value], length: int, periods_a_year: int) -> list[Value]:
    """Mean over standard deviation of the last `length` returns over Treasury bills, per year.

    An unknown bill rate counts as 0, as in the models. None without variation.
    """
    excess = _numbers(returns) - np.nan_to_num(_numbers(bills))
    if len(excess) < length:
        return [None] * len(returns)
    spread = _deviations(excess, length)
    means = sliding_window_view(excess, length).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(spread > 0, means / spread, np.nan)
    return _led(len(returns), [float(value) for value in ratios], periods_a_year**0.5)


def _compounded(periods: Iterable[str], returns: Sequence[Value]) -> dict[str, Value]:
    grouped: dict[str, list[Value]] = defaultdict(list)
    for period, daily in zip(periods, returns, strict=True):
        grouped[period].append(daily)
    ends = {period: growth(daily)[-1] for period, daily in grouped.items()}
    return {period: None if money is None else money - 1 for period, money in ends.items()}


def _numbers(values: Sequence[Value]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)  # an unknown value is NaN, which whatever is computed from it is too


def _deviations(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    if len(values) < length:
        return np.array([])
    found: NDArray[np.float64] = sliding_window_view(values, length).std(axis=1, ddof=1)
    return found


def _led(days: int, values: Sequence[float], factor: float) -> list[Value]:
    """As many entries as days, of which the first have too few days before them."""
    unknown: list[Value] = [None] * (days - len(values))
    return unknown + [None if np.isnan(value) else value * factor for value in values]
