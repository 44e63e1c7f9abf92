"""What must be true of a row before it may reach bronze, and when two rows say the same."""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from ingestion.records import Action, Bar, PriceHistory

# Providers restate rounded figures: below this relative difference a value is the same value.
TOLERANCE = Decimal("1e-6")
PRICE_LIMIT = Decimal("1e15")


class Checked(NamedTuple):
    """A history of usable rows, and a sentence for each row that was refused."""

    history: PriceHistory
    refusals: tuple[str, ...]


def checked(history: PriceHistory) -> Checked:
    """Refuse rows that can't be prices; a bar with a good close keeps it and loses only what is wrong beside it."""
    bars = tuple(_without_impossible_parts(bar) for bar in history.bars if is_price(bar.close))
    actions = tuple(action for action in history.actions if is_price(action.value))
    refusals = (
        *history.unreadable,
        *(f"{bar.price_date}: the close is {bar.close}" for bar in history.bars if not is_price(bar.close)),
        *(_refused_action(action) for action in history.actions if not is_price(action.value)),
    )
    return Checked(replace(history, bars=bars, actions=actions), refusals)


def is_price(value: Decimal | None) -> bool:
    """True for a finite positive amount."""
    return value is not None and value.is_finite() and 0 < value < PRICE_LIMIT


def same_value(one: Decimal | None, other: Decimal | None) -> bool:
    """True when the two differ by no more than rounding."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def same_bar(one: Bar, other: Bar) -> bool:
    """True when nothing in the bar changed."""
    amounts = ("open", "high", "low", "close", "adj_close", "volume")
    return one.is_provisional == other.is_provisional and all(
        same_value(getattr(one, amount), getattr(other, amount)) for amount in amounts
    )


def _without_impossible_parts(bar: Bar) -> Bar:
    volume = bar.volume if bar.volume is not None and bar.volume.is_finite() and bar.volume >= 0 else None
    return replace(
        bar,
        open=bar.open if is_price(bar.open) else None,
        high=bar.high if is_price(bar.high) else None,
        low=bar.low if is_price(bar.low) else None,
        adj_close=bar.adj_close if is_price(bar.adj_close) else None,
        volume=volume,
    )


def _refused_action(action: Action) -> str:
    return f"{action.ex_date}: the {action.action} is {action.value}"
