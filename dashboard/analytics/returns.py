"""Lines over a window, from the API's daily returns: growth, comparison, drawdown. Unknown days stay unknown."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Series = dict[str, list[Any]]
Value = float | None
NOMINAL, REAL, EXCESS = "nominal", "real", "excess"


@dataclass(frozen=True)
class Lines:
    """Returns since the close before the window, on its trading days; the first is that close's own, 0."""

    days: Sequence[str]
    portfolio: Sequence[Value]
    benchmark: Sequence[Value]


def within(series: Series, first_day: str, last_day: str) -> Series:
    """The rows from one day to another, both included; `date` ascends."""
    start, end = bisect_left(series["date"], first_day), bisect_right(series["date"], last_day)
    return {name: column[start:end] for name, column in series.items()}


def trading_days(series: Mapping[str, list[Any]]) -> Series:
    """The rows on which something was traded: returns and statistics stand on these."""
    kept = [row for row, is_trading in enumerate(series["is_trading_day"]) if is_trading]
    return {name: [column[row] for row in kept] for name, column in series.items()}


def growth(returns: Iterable[Value]) -> list[Value]:
    """What one unit of money has become after each day; unknown from the first unknown return on.

    >>> growth([0.5, -0.5, None, 0.1])
    [1.5, 0.75, None, None]
    """
    grown: list[Value] = []
    money: Value = 1.0
    for daily in returns:
        money = None if money is None or daily is None else money * (1 + daily)
        grown.append(money)
    return grown


def lines(series: Series, comparison: Mapping[str, Any], basis: str, base_day: str) -> Lines:
    """The portfolio and its benchmark in money of the day, in that of the first day, or over Treasury bills.

    `series` holds the trading days of one window, `comparison` is the API's document of the same one.
    """
    row_of = {day: row for row, day in enumerate(comparison["date"])}
    rows = [row_of.get(day) for day in series["date"]]
    portfolio = index(series["daily_return"])
    spans = _indexes(series["daily_return"])
    benchmark = _compounded(_aligned(comparison["benchmark_return"], rows), spans)
    if basis == REAL:
        measure = _price_growth(comparison, rows, spans)
        found = [_ratios(portfolio, measure), _ratios(benchmark, measure)]
    elif basis == EXCESS:
        bills = _compounded(_aligned(comparison["risk_free_return"], rows), spans)
        found = [_differences(portfolio, bills), _differences(benchmark, bills)]
    else:
        ones: list[Value] = [1.0] * len(rows)
        found = [_differences(portfolio, ones), _differences(benchmark, ones)]
    starts: list[Value] = [0.0]
    return Lines([base_day, *series["date"]], starts + found[0], starts + found[1])


def index(returns: Sequence[Value]) -> list[Value]:
    """The same as growth, but after a loss of everything it begins anew, as the models' return index does.

    >>> index([0.5, -1.0, 0.25])
    [1.5, 0.0, 1.25]
    """
    return _compounded(returns, _indexes(returns))


def drawdowns(grown: Sequence[Value]) -> list[Value]:
    """How far each day is below the highest so far, the start included, as a fraction of it; anew after a total loss.

    >>> drawdowns([1.25, 1.0, 1.5])
    [0.0, -0.2, 0.0]
    """
    highest, found = 1.0, list[Value]()
    for money in grown:
        highest = 1.0 if found and found[-1] == -1 else highest
        highest = max(highest, money or 0)
        found.append(None if money is None else money / highest - 1)
    return found


def episodes(days: Sequence[str], depths: Sequence[Value], most: int) -> list[dict[str, Any]]:
    """The deepest falls, deepest first: the day of the peak, of the lowest point, and of the recovery if there was one.

    `days` and `depths` begin with a day at a peak.
    """
    found: list[dict[str, Any]] = []
    peak = days[0]
    fall: dict[str, Any] | None = None
    for day, depth in zip(days, depths, strict=True):
        if depth is None:
            break
        if depth == 0:
            if fall:
                fall["recovered_on"] = day
            peak, fall = day, None
        elif fall is None:
            fall = {"peak_on": peak, "lowest_on": day, "recovered_on": None, "depth": depth}
            found.append(fall)
        elif depth < fall["depth"]:
            fall |= {"lowest_on": day, "depth": depth}
    return sorted(found, key=lambda episode: episode["depth"])[:most]


def ends(series: Series, comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of a range that the models do not know: where its lines end, under the names of the API."""
    found = {basis: lines(series, comparison, basis, "") for basis in (NOMINAL, REAL, EXCESS)}
    depths = [depth for depth in drawdowns(index(series["daily_return"])) if depth is not None]
    named = {name: comparison[name] for name in ("benchmark", "risk_free_series", "price_level_series")}
    return named | {
        "time_weighted_return": found[NOMINAL].portfolio[-1],
        "benchmark_return": found[NOMINAL].benchmark[-1],
        "real_return": found[REAL].portfolio[-1],
        "excess_return": found[EXCESS].portfolio[-1],
        "max_drawdown": min(depths, default=None) if None not in series["daily_return"] else None,
    }


def _indexes(returns: Sequence[Value]) -> list[slice]:
    """The rows of each index: a loss of everything ends one, and the next row begins another."""
    ends_of = [row + 1 for row, daily in enumerate(returns) if daily == -1]
    bounds = sorted({0, *ends_of, len(returns)})
    return [slice(start, end) for start, end in pairwise(bounds)]


def _compounded(returns: Sequence[Value], spans: Sequence[slice]) -> list[Value]:
    return [money for span in spans for money in growth(returns[span])]


def _aligned(column: Sequence[Value], rows: Sequence[int | None]) -> list[Value]:
    return [None if row is None else column[row] for row in rows]


def _price_growth(comparison: Mapping[str, Any], rows: Sequence[int | None], spans: Sequence[slice]) -> list[Value]:
    """How much dearer everything is than when the index began; the last level is that known at the range's end."""
    levels = _aligned(comparison["price_level"], rows)
    told = [*levels[:-1], comparison["price_level_at_end"]][: len(levels)]
    grown: list[Value] = []
    for span in spans:
        start = levels[span][0] if span.start else comparison["price_level_at_start"]
        grown += [level / start if level is not None and start else None for level in told[span]]
    return grown


def _ratios(grown: Sequence[Value], measure: Sequence[Value]) -> list[Value]:
    return [
        None if money is None or unit is None else money / unit - 1 for money, unit in zip(grown, measure, strict=True)
    ]


def _differences(grown: Sequence[Value], measure: Sequence[Value]) -> list[Value]:
    return [None if money is None or unit is None else money - unit for money, unit in zip(grown, measure, strict=True)]
