"""Splits the portfolio into parts by properties of its assets."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypedDict

from dashboard.api.payloads import TickerKpis

DIMENSIONS = {
    "ticker": "Asset",
    "sector": "Sector",
    "asset_class": "Class",
    "country": "Country",
    "currency": "Currency",
}
UNKNOWN = "Unknown"
CASH = "Cash"
MOST = 10  # parts with a bar of their own


class Share(TypedDict):
    """A part of what is held: money in the base currency, the weight a fraction of what has a value."""

    name: str
    market_value: float
    weight: float
    is_rest: bool


def shares(tickers: Sequence[TickerKpis], dimension: str, cash: float = 0.0, most: int = MOST) -> list[Share]:
    """The parts of what is held now, largest first.

    Beyond `most` parts the smaller ones are one; weights are fractions of what has a value. Cash is a part of its own;
    what is owed has a negative weight, unless it is more than all assets are worth: then they alone are told.
    """
    values: dict[str, float] = defaultdict(float)
    for ticker in tickers:
        if ticker["market_value"]:
            values[_part(ticker.get(dimension), dimension)] += ticker["market_value"]
    assets = sum(values.values())
    has_cash = cash != 0 and assets + cash > 0
    whole = assets + cash if has_cash else assets
    parts = _largest(values, most - has_cash)
    if has_cash:
        parts = sorted([*parts, (CASH, cash, False)], key=lambda part: (part[2], -part[1]))
    return [
        {"name": name, "market_value": value, "weight": value / whole, "is_rest": is_rest}
        for name, value, is_rest in parts
    ]


def _largest(values: dict[str, float], most: int) -> list[tuple[str, float, bool]]:
    """Name and value, and whether it is all that is left."""
    largest = sorted(values.items(), key=lambda part: (-part[1], part[0]))
    if len(largest) <= most:
        return [(name, value, False) for name, value in largest]
    rest = largest[most - 1 :]
    named = [(name, value, False) for name, value in largest[: most - 1]]
    return [*named, (f"{len(rest)} others", sum(value for _, value in rest), True)]


def _part(name: object, dimension: str) -> str:
    if not isinstance(name, str) or not name:
        return UNKNOWN
    return name.replace("_", " ").capitalize() if dimension == "asset_class" else name
