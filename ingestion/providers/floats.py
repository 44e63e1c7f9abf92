"""A provider's floats as decimals."""

from decimal import Decimal


def exact(amount: float) -> Decimal:
    """The shortest decimal equal to this float."""
    return Decimal(repr(float(amount)))
