"""What is held when, from trades and splits, exact and split-safe.

A quantity counts the shares of its own day. Divided by the product of all splits up to that day it becomes "inception
units", which no split changes, so trades before and after a split can be added up. Fractions keep this exact.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

SMALLEST_QUANTITY = Fraction(1, 10**8)
FLAT_BELOW_UNITS = Fraction(1, 10**9)


@dataclass(frozen=True)
class PositionTrade:
    """What a position needs to know of a trade; `entry` is the entry number of its first version."""

    ticker: str
    trade_date: date
    side: str
    quantity: Decimal
    entry: int

    @property
    def order(self) -> tuple[date, bool, int]:
        """Within a day purchases come before sales, then entry decides."""
        return self.trade_date, self.side == "SELL", self.entry


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


def shortfalls(trades: Iterable[PositionTrade], splits: Sequence[Split]) -> Iterator[Shortfall]:
    """Every sale of one ticker that sells more than is held, in order; the next is judged as if it had not been.

    A sale closes the position when what it leaves, or lacks, is less than a ledger can record: after a split of one for
    three nobody can name all that is held to the last digit.
    """
    units = Fraction(0)
    for trade in sorted(trades, key=lambda trade: trade.order):
        growth = _growth(splits, trade.trade_date)
        traded = Fraction(trade.quantity) / growth
        nothing = max(SMALLEST_QUANTITY / growth, FLAT_BELOW_UNITS)
        left = units - traded
        if trade.side == "BUY":
            units += traded
        elif left > -nothing:
            units = left if left >= nothing else Fraction(0)
        else:
            yield Shortfall(trade.ticker, trade.trade_date, trade.quantity, _readable(units * growth), trade.entry)


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
