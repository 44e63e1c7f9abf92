"""Holdings over time, from trades and splits, exact and split-safe.

A quantity counts shares of its own day. Divided by the product of all splits so far, it is in "inception units", which
no split changes, so that trades before and after a split can be added up. Fractions keep this exact.

dbt's variables define what counts as nothing, so that the same sale closes a position here and in the models.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from uuid import UUID

import yaml

_PROJECT = Path(__file__).parents[2] / "dbt" / "dbt_project.yml"
_VARIABLES = yaml.safe_load(_PROJECT.read_text())["vars"]
SMALLEST_QUANTITY = Fraction(str(_VARIABLES["smallest_quantity"]))  # shares
FLAT_BELOW_UNITS = Fraction(str(_VARIABLES["flat_below_units"]))  # inception units


@dataclass(frozen=True)
class PositionTrade:
    """The part of a trade that a position needs; `entry` is the entry number of its first version."""

    ticker: str
    trade_date: date
    side: str
    quantity: Decimal
    entry: int
    account_id: UUID | None = None


@dataclass(frozen=True)
class Split:
    """From `ex_date` on, one share becomes `ratio` shares."""

    ex_date: date
    ratio: Decimal


@dataclass(frozen=True)
class Shortfall:
    """A sale that the position can't cover, and the holding at that moment, in shares of that day."""

    ticker: str
    trade_date: date
    quantity: Decimal
    held: Decimal
    entry: int
    account_id: UUID | None = None


@dataclass
class _Position:
    """Inception units, and how far rounding to the ledger's last digit may be off since the position was opened."""

    units: Fraction = Fraction(0)
    rounding: Fraction = Fraction(0)

    def after(self, trades: Iterable[PositionTrade], growth: Fraction) -> "tuple[_Position, list[Shortfall]]":
        """The position after a day's trades, and the sales it can't cover."""
        position, lacking = _Position(self.units, self.rounding), []
        for trade in trades:
            if not position.take(trade, growth):
                held = _readable(position.units * growth)
                lacking.append(
                    Shortfall(trade.ticker, trade.trade_date, trade.quantity, held, trade.entry, trade.account_id)
                )
        return position, lacking

    def take(self, trade: PositionTrade, growth: Fraction) -> bool:
        """Apply the trade. If it sells more than is held, change nothing and return False."""
        digit = max(SMALLEST_QUANTITY / growth, FLAT_BELOW_UNITS)
        traded = Fraction(trade.quantity) / growth
        if trade.side == "BUY":
            self.units += traded
        else:
            nothing = max(digit, min(self.rounding, traded / 1000))
            if self.units == 0 or self.units - traded <= -nothing:
                return False
            self.units -= traded
            if self.units < nothing:
                self.units = self.rounding = Fraction(0)
                return True
        self.rounding += digit
        return True


def shortfalls(trades: Iterable[PositionTrade], splits: Sequence[Split]) -> Iterator[Shortfall]:
    """Every sale that sells more than is held of one ticker in one account; the next is judged as if it had not been.

    A day's trades count in order of entry, or purchases first if a sale would otherwise lack shares. A sale closes the
    position if what it leaves, or lacks, is less than the last digit of each row since the position was opened and than
    a thousandth of the
    sale: after many rounded purchases, or a one-for-three split, nobody can give the exact holding to the last digit.
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
    """Shares of `day` per inception unit."""
    growth = Fraction(1)
    for split in splits:
        if split.ex_date <= day:
            growth *= Fraction(split.ratio)
    return growth


def _readable(quantity: Fraction) -> Decimal:
    """The quantity with the ledger's 8 decimals, without trailing zeros."""
    rounded = Decimal(round(quantity * 10**8)).scaleb(-8)
    return rounded.normalize() if rounded else Decimal(0)
