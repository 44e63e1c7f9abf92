"""A sentence for each chart: its text alternative, with the numbers that matter."""

from collections.abc import Mapping, Sequence

from dashboard.analytics.allocation import Share
from dashboard.analytics.windows import Series
from dashboard.api.payloads import Drawdown, RegimePerformance, ReturnLines, TickerKpis, YearlyDividend
from dashboard.ui import formats

MEASURES = {"nominal": "", "real": " after inflation", "excess": " over Treasury bills"}
Value = float | None
NOTHING = "Nothing to show yet."


def value(series: Series, currency: str) -> str:
    """The value in a sentence: on its first and last day, in whole units of `currency`, and what was put in."""
    if not series["date"]:  # while the models are being built, a window may be known before its days
        return NOTHING
    first, last = series["date"][0], series["date"][-1]
    start, end = (formats.money(series["market_value"][row], currency, 0) for row in (0, -1))
    invested = formats.money(series["net_invested"][-1], currency, 0)
    return (
        f"Market value from {start} on {formats.day(first)} to {end} on {formats.day(last)}; net invested {invested}."
    )


def cumulative_return(lines: ReturnLines, basis: str, benchmark: str | None) -> str:
    """The lines of return in a sentence: where the portfolio and its benchmark end, as fractions of their first day."""
    if not lines["date"]:
        return NOTHING
    ends = [f"your portfolio {formats.percent(lines['portfolio'][-1], signed=True)}"]
    if benchmark:
        ends.append(f"{benchmark} {formats.percent(lines['benchmark'][-1], signed=True)}")
    first, last = formats.day(lines["date"][0]), formats.day(lines["date"][-1])
    return f"Return{MEASURES[basis]} from {first} to {last}: {', '.join(ends)}."


def drawdown(depths: Sequence[Value], episodes: Sequence[Drawdown]) -> str:
    """The drawdowns in a sentence: the deepest of the `episodes`, which comes first, and the last of the `depths`."""
    if not episodes:
        return "The portfolio has never been below its peak."
    deepest = episodes[0]
    return (
        f"Deepest drawdown {formats.percent(deepest['depth'])} on {formats.day(deepest['lowest_on'])}; "
        f"now {formats.percent(depths[-1])}."
    )


def months(found: Mapping[str, Value]) -> str:
    """The calendar of returns in a sentence; `found` has fractions by month (`2024-01`), None where not known."""
    known = {month: change for month, change in found.items() if change is not None}
    if not known:
        return NOTHING
    best, worst = max(known, key=lambda month: known[month]), min(known, key=lambda month: known[month])
    return (
        f"{len(known)} months, {sum(change > 0 for change in known.values())} of them positive. "
        f"Best: {_month_of(best, known)}. Worst: {_month_of(worst, known)}."
    )


def rolling(name: str, values: Sequence[Value], *, as_percent: bool) -> str:
    """A rolling statistic in a sentence: its range and its last value; fractions are told `as_percent`."""
    known = [number for number in values if number is not None]
    if not known:
        return f"{name}: too few trading days before the end of this window. Choose a shorter period."
    written = formats.percent if as_percent else formats.ratio
    return f"{name} between {written(min(known))} and {written(max(known))}; last {written(known[-1])}."


def allocation(shares: Sequence[Share]) -> str:
    """The parts of the portfolio in a sentence, with their weights."""
    if not shares:
        return "No current holdings."
    return ", ".join(f"{share['name']} {formats.percent(share['weight'])}" for share in shares) + "."


def profit_and_loss(rows: Sequence[TickerKpis], currency: str) -> str:
    """The bars of profit and loss in a sentence: the best and the worst ticker, in whole units of `currency`."""
    known = sorted((row for row in rows if row["total_pnl"] is not None), key=lambda row: row["total_pnl"] or 0)
    if not known:
        return NOTHING
    best, worst = (
        f"{row['ticker']} {formats.money(row['total_pnl'], currency, 0, signed=True)}" for row in (known[-1], known[0])
    )
    return f"Best: {best}. Worst: {worst}."


def dividends(rows: Sequence[YearlyDividend], currency: str) -> str:
    """The bars of dividends in a sentence; their sum is not known when that of a year is not."""
    if not rows:
        return "No dividends received yet."
    known = [row["amount"] for row in rows if row["amount"] is not None]
    whole = sum(known) if len(known) == len(rows) else None
    return f"{formats.money(whole, currency, 0)} from {rows[0]['year']} to {rows[-1]['year']}."


def regimes(rows: Sequence[RegimePerformance]) -> str:
    """The bars of returns by regime in a sentence; returns are fractions a year."""
    named = [row for row in rows if row["dimension"] == "regime" and row["name"]]
    return (
        ", ".join(f"{row['name']} {formats.percent(row['annualised_return'], signed=True)} a year" for row in named)
        or NOTHING
    )


def _month_of(month: str, known: Mapping[str, float]) -> str:
    return f"{formats.month(f'{month}-01')} {formats.percent(known[month], signed=True)}"
