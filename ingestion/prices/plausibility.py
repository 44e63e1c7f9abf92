"""What must be true of a row before it may enter bronze, and when two values count as equal."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log
from typing import NamedTuple

from ingestion.prices.distributions import Confirmation, judged
from ingestion.records import Action, Bar, Item, PriceBasis, PriceHistory, Reason, Refusal
from ingestion.units import switched_unit

# Providers restate rounded figures: a smaller relative difference than this is no difference.
TOLERANCE = Decimal("1e-6")
ZERO = Decimal(0)
PRICE_LIMIT = Decimal("1e15")
# Pounds instead of pence are a jump of 100, give or take 25 % because the price also moves.
JUMP = 80
# A level held for this many bars is no glitch.
HELD = 5
# How far a price may be from where a split would put it and still be explained by the split.
EXPLAINED = 3


class Checked(NamedTuple):
    """A history of usable rows, and the refusals."""

    bars: tuple[Bar, ...]
    actions: tuple[Action, ...]
    refusals: tuple[Refusal, ...]


def checked(history: PriceHistory, confirmed: Collection[Confirmation] = ()) -> Checked:
    """Separate usable rows from those that can't be right.

    Rows may come in any order, and dates may repeat. A bar with a good close keeps it and loses only its wrong parts.
    Values in `confirmed` are not doubted.
    """
    refusals: list[Refusal] = []
    last_day = datetime.now(UTC).date() + timedelta(days=1)  # it is already tomorrow in the far east
    bars = []
    for bar in _one_a_day(history.bars, refusals):
        if _is_ordinary(bar) and bar.price_date <= last_day:
            bars.append(bar)
            continue
        reason = _reason(bar.close) or ("future" if bar.price_date > last_day else None)
        if reason:
            refusals.append(_refused_bar(bar, reason))
        else:
            bars.append(_without_impossible_parts(bar, refusals))
    actions = []
    for action in sorted(history.actions):
        if reason := _reason(action.value):
            refusals.append(Refusal(action.ex_date, action.action, reason, {"value": _text(action.value)}))
        else:
            actions.append(action)
    splits = [action for action in actions if action.action == "split"]
    usable = _without_jumps(bars, splits, history, refusals)
    actions, doubted = judged(actions, history, usable, confirmed)
    return Checked(tuple(usable), tuple(actions), (*refusals, *doubted))


def same_value(one: Decimal | None, other: Decimal | None) -> bool:
    """True when the two differ by no more than rounding."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def same_action(one: Action | None, other: Action) -> bool:
    """True when the two describe the same action on the same day."""
    return one is not None and same_value(one.value, other.value) and one[3:] == other[3:]


def _is_ordinary(bar: Bar) -> bool:
    """A quick check for the common case: nothing missing, nothing odd."""
    _, close, first, high, low, adjusted, volume, _ = bar
    if close is None or first is None or high is None or low is None or adjusted is None or volume is None:
        return False
    return (
        ZERO < low <= first <= high
        and low <= close <= high < low * JUMP
        and high < PRICE_LIMIT
        and ZERO < adjusted < PRICE_LIMIT
        and ZERO <= volume < PRICE_LIMIT
    )


def _reason(price: Decimal | None) -> Reason | None:
    """Why this can't be a price, None when it can."""
    if price is None or not price.is_finite():
        return "not_a_number"
    if ZERO < price < PRICE_LIMIT:
        return None
    return "zero" if price == 0 else "negative" if price < 0 else "too_large"


def _one_a_day(bars: Iterable[Bar], refusals: list[Refusal]) -> Iterable[Bar]:
    """Bars by date: for each date the first that can be a price. Exact repetitions are not refused."""
    kept: dict[date, Bar] = {}
    for bar in bars:
        first = kept.setdefault(bar.price_date, bar)
        if first is bar or first == bar:
            continue
        if _reason(first.close) and not _reason(bar.close):
            kept[bar.price_date], bar = bar, first  # noqa: PLW2901 - the two change places
        refusals.append(_refused_bar(bar, "duplicate"))
    return (kept[day] for day in sorted(kept))


def _without_impossible_parts(bar: Bar, refusals: list[Refusal]) -> Bar:
    """Missing parts stay missing; a zero volume is normal for funds, indices and currencies."""
    high, low = bar.close * JUMP, bar.close / JUMP  # type: ignore[operator]
    wrong: dict[Item, Reason] = {}
    for item, part in (("open", bar.open), ("high", bar.high), ("low", bar.low)):
        if part is not None and not (part.is_finite() and low < part < high):
            wrong[item] = _reason(part) or "jump"  # type: ignore[index]
    if bar.adj_close is not None and (reason := _reason(bar.adj_close)):
        wrong["adj_close"] = reason
    if bar.volume is not None and (reason := _reason(bar.volume)) and reason != "zero":
        wrong["volume"] = reason
    refusals += (Refusal(bar.price_date, item, why, {item: _text(getattr(bar, item))}) for item, why in wrong.items())
    good = {
        item: None if item in wrong else getattr(bar, item) for item in ("open", "high", "low", "adj_close", "volume")
    }
    return Bar(bar.price_date, bar.close, **good, is_provisional=bar.is_provisional) if wrong else bar


def _without_jumps(
    bars: Sequence[Bar], splits: Sequence[Action], history: PriceHistory, refusals: list[Refusal]
) -> Sequence[Bar]:
    """Keep bars at levels that prices have held; refuse those that jump away without a split to explain it."""
    closes = [float(bar.close) for bar in bars]  # type: ignore[arg-type]
    if not any(now >= last * JUMP or last >= now * JUMP for last, now in pairwise(closes)):
        return bars
    levels = _levels(bars, splits, history.price_basis)
    held = _held(levels, history.currency)
    refusals += (_refused_bar(bar, "jump") for level in levels if level not in held for bar in level)
    return sorted(bar for level in held for bar in level)


def _held(levels: Sequence[list[Bar]], currency: str) -> list[list[Bar]]:
    """The level with the most bars, and each level that prices moved to and stayed at, as after a crash of a coin.

    A level that prices came back from is no price. Nor is one that lies the factor between pounds and pence away, in
    currencies whose listings are quoted in either.
    """
    most, *others = sorted(levels, key=len, reverse=True)
    held = [most]
    for level in others:
        if len(level) < HELD or any(_overlap(level, other) for other in held):
            continue
        if not any(switched_unit(currency, _distance(level, other)) for other in held):
            held.append(level)
    return held


def _overlap(one: Sequence[Bar], other: Sequence[Bar]) -> bool:
    return one[0].price_date <= other[-1].price_date and other[0].price_date <= one[-1].price_date


def _distance(one: Sequence[Bar], other: Sequence[Bar]) -> float:
    """Ratio of the later level's first close to the earlier level's last."""
    earlier, later = sorted((one, other), key=lambda level: level[0].price_date)
    return float(later[0].close / earlier[-1].close)  # type: ignore[operator]


def _levels(bars: Sequence[Bar], splits: Sequence[Action], basis: PriceBasis) -> list[list[Bar]]:
    """Bars by level: each joins the level with the nearest last price, or starts a new one if all are a jump away."""
    levels: list[list[Bar]] = []
    last: list[float] = []
    waiting = list(splits)
    for bar in bars:
        ratio = 1.0
        while waiting and waiting[0].ex_date <= bar.price_date:
            ratio *= float(waiting.pop(0).value)
        if basis == "as_traded":
            last = [price / ratio for price in last]
        close = float(bar.close)  # type: ignore[arg-type]
        nearest = min(range(len(last)), key=lambda level: abs(log(close / last[level])), default=None)
        if nearest is None or not _is_move(close / last[nearest], ratio):
            nearest = len(last)
            last.append(close)
            levels.append([])
        last[nearest] = close
        levels[nearest].append(bar)
    return levels


def _is_move(move: float, ratio: float) -> bool:
    """True for a move that a market can make, or that a split makes when prices don't reflect it yet or correctly."""
    if 1 / JUMP < move < JUMP:
        return True
    return ratio != 1 and any(1 / EXPLAINED < off < EXPLAINED for off in (move * ratio, move / ratio))


def _refused_bar(bar: Bar, reason: Reason) -> Refusal:
    amounts = ("open", "high", "low", "close", "adj_close", "volume")
    return Refusal(bar.price_date, "bar", reason, {amount: _text(getattr(bar, amount)) for amount in amounts})


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
