"""Floats of a provider as decimals."""

from decimal import Decimal


def exact(amount: float) -> Decimal:
    """The shortest decimal that is this float."""
    return Decimal(repr(float(amount)))
