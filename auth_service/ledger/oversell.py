"""What is held when, from trades and splits, exact and split-safe.

A quantity counts the shares of its own day. Divided by the product of all splits up to that day it becomes "inception
units", which no split changes, so trades before and after a split can be added up. Fractions keep this exact.

What counts as nothing is told by dbt's variables: the models close a position with the sale that closes it here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import yaml

_PROJECT = Path(__file__).parents[2] / "dbt" / "dbt_project.yml"
_VARIABLES = yaml.safe_load(_PROJECT.read_text())["vars"]
SMALLEST_QUANTITY = Fraction(str(_VARIABLES["smallest_quantity"]))  # shares
FLAT_BELOW_UNITS = Fraction(str(_VARIABLES["flat_below_units"]))  # inception units


@dataclass(frozen=True)
class PositionTrade:
    """What a position needs to know of a trade; `entry` is the entry number of its first version."""

    ticker: str
    trade_date: date
    side: str
    quantity: Decimal
    entry: int


@dataclass(frozen=True)
class Split:
    """From `ex_date` on, one share of the day before is `ratio` shares."""

    ex_date: date
    ratio: Decimal


@dataclass(frozen=True)
class Shortfall:
    """A sale that the position cannot cover, and what was held when it came, in shares of that day."""

    ticker: str
    trade_date: date
    quantity: Decimal
    held: Decimal
    entry: int


@dataclass
class _Position:
    """Inception units, and what rounding to a ledger's last digit may have made of them since it was opened."""

    units: Fraction = Fraction(0)
    rounding: Fraction = Fraction(0)

    def after(self, trades: Iterable[PositionTrade], growth: Fraction) -> "tuple[_Position, list[Shortfall]]":
        """The position after a day's trades, and the sales that it cannot cover."""
        position, lacking = _Position(self.units, self.rounding), []
        for trade in trades:
            if not position.take(trade, growth):
                held = _readable(position.units * growth)
                lacking.append(Shortfall(trade.ticker, trade.trade_date, trade.quantity, held, trade.entry))
        return position, lacking

    def take(self, trade: PositionTrade, growth: Fraction) -> bool:
        """Trade; False, and nothing changes, where more is sold than held."""
        digit = max(SMALLEST_QUANTITY / growth, FLAT_BELOW_UNITS)
        traded = Fraction(trade.quantity) / growth
        if trade.side == "BUY":
            self.units += traded
        else:
            nothing = max(digit, min(self.rounding, traded / 1000))
            if self.units - traded <= -nothing:
                return False
            self.units -= traded
            if self.units < nothing:
                self.units = self.rounding = Fraction(0)
                return True
        self.rounding += digit
        return True


def shortfalls(trades: Iterable[PositionTrade], splits: Sequence[Split]) -> Iterator[Shortfall]:
    """Every sale of one ticker that sells more than is held, in order; the next is judged as if it had not been.

    A day's trades follow each other as they were entered, or purchases first where a sale would then lack its shares. A
    sale closes the position when what it leaves, or lacks, is less than the last digit of each row since it was opened,
    and than a thousandth of the sale: who bought in many rounded parts, or has seen a split of one for three, cannot
    name all that is held to the last digit.
    """
    position = _Position()
    for day, of_day in groupby(sorted(trades, key=lambda trade: (trade.trade_date, trade.entry)), _day):
        growth, entered = _growth(splits, day), list(of_day)
        after, lacking = position.after(entered, growth)
        if lacking:
            after, lacking = position.after(sorted(entered, key=lambda trade: trade.side), growth)
        yield from lacking
        position = after


def _day(trade: PositionTrade) -> date:
    return trade.trade_date


def _growth(splits: Sequence[Split], day: date) -> Fraction:
    """How many shares of `day` one inception unit is."""
    growth = Fraction(1)
    for split in splits:
        if split.ex_date <= day:
            growth *= Fraction(split.ratio)
    return growth


def _readable(quantity: Fraction) -> Decimal:
    """The quantity with the ledger's 8 decimals, without trailing zeros."""
    rounded = Decimal(round(quantity * 10**8)).scaleb(-8)
    return rounded.normalize() if rounded else Decimal(0)
