"""Trades restated for splits: other tools store an old purchase as if a later split had already happened."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import mul

from auth_service.ledger.oversell import Split
from auth_service.quoting import amount_text

# How far a trade must be from the day's prices to raise the question, and how close a split must bring it.
OFF, NEAR = Decimal("1.1"), Decimal("1.05")
LARGEST_PART = 1000  # in a ratio written as "n-for-m"


def advice(quantity: Decimal, price: Decimal, low: Decimal, high: Decimal, later: Sequence[Split]) -> str | None:
    """What the trade was on its day, if its price only fits that day's after later splits; oldest split first."""
    if low / OFF <= price <= high * OFF:
        return None
    ratios = list(accumulate((split.ratio for split in later), mul))
    for count in range(len(later), 0, -1):  # a tool may not know the latest
        ratio = ratios[count - 1]
        if low / NEAR <= price * ratio <= high * NEAR:
            given = f"{amount_text(quantity)} at {amount_text(price)}"
            then = f"{amount_text(quantity / ratio)} at {amount_text(price * ratio)}"
            return (
                f"{amount_text(price)} is the price after the {_named(later[:count])}. "
                f"As of that day, {given} is {then}: enter that, or confirm {given} if it is right."
            )
    return None


def _named(splits: Sequence[Split]) -> str:
    """`2-for-1 split of 2023-06-01`."""
    told = []
    for split in splits:
        ratio = Fraction(split.ratio).limit_denominator(LARGEST_PART)
        told.append(f"{ratio.numerator}-for-{ratio.denominator} split of {split.ex_date}")
    return " and the ".join(told)
