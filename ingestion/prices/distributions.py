"""Checks whether dividends, capital gains and splits are plausible, given prices and each other."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ingestion.records import Action, Bar, PriceBasis, PriceHistory, Reason, Refusal
from ingestion.units import unit

# A payment this large, as a fraction of the price, must show in it: the price falls by the payment, give or take a
# day's move.
SHOWS_IN_THE_PRICE = Decimal("0.25")
FALL = Decimal("0.5")
# In thinly traded listings the fall comes days later.
BARS_TO_FALL = 5
# Pounds instead of pence: 100 times or 1/100 of the payments before and after.
JUMP = 80
NEIGHBOURS = 2
# 100 times next to nothing changes nothing, and a small payment can't be told from a day's move.
WORTH_JUDGING = Decimal("0.02")


class Confirmation(NamedTuple):
    """A refused value that a person confirms."""

    row_date: date
    item: str
    value: Decimal


def judged(
    actions: Sequence[Action], history: PriceHistory, bars: Sequence[Bar], confirmed: Collection[Confirmation]
) -> tuple[list[Action], list[Refusal]]:
    """The actions to load, and the refusals; `bars` are the usable ones of `history`, by date."""
    witness = _Witness(bars, history.price_basis, actions)
    loaded, refusals = [], []
    for action in actions:
        reason = None if Confirmation(*action[:3]) in confirmed else _doubt(action, history, witness)
        if reason is None:
            loaded.append(action)
            continue
        received = {"value": str(action.value), "currency": action.currency}
        refusals.append(Refusal(action.ex_date, action.action, reason, received))
        if reason == "ratio":
            loaded.append(action._replace(action="price_adjustment"))
    return loaded, refusals


def is_a_count(ratio: Decimal) -> bool:
    """True for a share ratio that companies really use, False for one that only divides the price.

    Splits use small whole numbers (3:2, 1:15), stock dividends whole percents (103:100); consolidations after a return
    of capital use larger numbers (15:19). A spin-off or rights issue booked as a split has the quotient of two prices
    (1.324).
    """
    if ratio >= 1:
        steps = (*range(1, 11), 20) if ratio > Decimal("1.1") else (*range(1, 11), 20, 100)
        return any(_is_near(ratio, Fraction(round(ratio * step), step)) for step in steps)
    whole = round(1 / ratio)
    return (
        (whole > 1 and abs(1 / ratio - whole) <= Decimal("0.005") * whole)
        or _is_near(ratio, Fraction(ratio).limit_denominator(10))
        or _is_near(ratio, Fraction(ratio).limit_denominator(100), Decimal("1e-6"))
    )


class _Witness:
    """What prices and the other actions show."""

    def __init__(self, bars: Sequence[Bar], basis: PriceBasis, actions: Sequence[Action]) -> None:
        self._days, self._closes = [bar.price_date for bar in bars], [bar.close for bar in bars]
        self._splits: dict[date, Decimal] = {}
        self._payments: dict[tuple[str, str | None], list[Action]] = {}
        self._currencies: dict[date, str | None] = {}
        for action in sorted(actions, key=lambda row: row.action == "capital_gain"):  # the day's dividend comes first
            if action.action == "split":
                self._splits |= {action.ex_date: action.value} if basis == "as_traded" else {}
            else:
                self._payments.setdefault((action.action, action.currency), []).append(action)
                self._currencies.setdefault(action.ex_date, action.currency)

    def currency_of_the_day(self, day: date) -> str | None:
        """The currency in which all payments on that day are stored."""
        return self._currencies.get(day)

    def close_before(self, day: date) -> Decimal | None:
        """The last close before the day, adjusted to a share as it is from that day on."""
        place = bisect_left(self._days, day)
        close = self._closes[place - 1] if place else None
        return None if close is None else close / self._splits.get(day, Decimal(1))

    def lowest_close_after(self, day: date) -> Decimal | None:
        """The lowest of the first closes from the day on; None if there are none yet."""
        place = bisect_left(self._days, day)
        return min((close for close in self._closes[place : place + BARS_TO_FALL] if close is not None), default=None)

    def neighbours(self, action: Action) -> list[Decimal]:
        """The payments of the same kind and currency before and after, the nearest two on each side."""
        kind = self._payments[action.action, action.currency]
        place = bisect_left(kind, action.ex_date, key=lambda row: row.ex_date)
        near = (*kind[max(0, place - NEIGHBOURS) : place], *kind[place + 1 : place + 1 + NEIGHBOURS])
        return [row.value for row in near]


def _doubt(action: Action, history: PriceHistory, witness: _Witness) -> Reason | None:
    if action.action == "split":
        return None if is_a_count(action.value) else "ratio"
    if action.currency != witness.currency_of_the_day(action.ex_date):
        return "currency"
    return "jump" if _is_out_of_proportion(action, history, witness) else None


def _is_out_of_proportion(action: Action, history: PriceHistory, witness: _Witness) -> bool:
    part = _part_of_the_price(action, history, witness)
    neighbours = witness.neighbours(action)
    if len(neighbours) >= NEIGHBOURS:
        if all(action.value * JUMP <= other for other in neighbours):
            return True
        if all(action.value >= other * JUMP for other in neighbours) and (part is None or part >= WORTH_JUDGING):
            return part is None or not _has_shown(action, history, witness)
    return part is not None and part >= SHOWS_IN_THE_PRICE and not _has_shown(action, history, witness)


def _part_of_the_price(action: Action, history: PriceHistory, witness: _Witness) -> Decimal | None:
    """The payment as a fraction of the close before; None if that close or the exchange rate is unknown here."""
    paid, quoted = unit(action.currency or history.currency), unit(history.currency)
    close = witness.close_before(action.ex_date)
    if close is None or paid.currency != quoted.currency:
        return None
    return action.value * paid.factor / (close * quoted.factor)


def _has_shown(action: Action, history: PriceHistory, witness: _Witness) -> bool:
    """True when the price has fallen by at least half of the payment."""
    before, after = witness.close_before(action.ex_date), witness.lowest_close_after(action.ex_date)
    part = _part_of_the_price(action, history, witness)
    if before is None or after is None or part is None:
        return False
    return after <= before * (1 - FALL * part)


def _is_near(ratio: Decimal, fraction: Fraction, tolerance: Decimal = Decimal("5e-5")) -> bool:
    return abs(Fraction(ratio) - fraction) <= Fraction(tolerance)
