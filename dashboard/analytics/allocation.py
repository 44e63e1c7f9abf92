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
MOST = 10  # parts with their own bar


class Share(TypedDict):
    """A part of what is held: money in the base currency, the weight a fraction of what has a value."""

    name: str
    market_value: float
    weight: float
    is_rest: bool


def shares(tickers: Sequence[TickerKpis], dimension: str, most: int = MOST) -> list[Share]:
    """The parts of what is held now, largest first.

    Parts beyond `most` are combined; weights are fractions of everything that has a value.
    """
    values: dict[str, float] = defaultdict(float)
    for ticker in tickers:
        if ticker["market_value"]:
            values[_part(ticker.get(dimension), dimension)] += ticker["market_value"]
    whole = sum(values.values())
    largest = sorted(values.items(), key=lambda part: (-part[1], part[0]))
    if len(largest) > most:
        rest = largest[most - 1 :]
        largest = [*largest[: most - 1], (f"{len(rest)} others", sum(value for _, value in rest))]
    return [
        {
            "name": name,
            "market_value": value,
            "weight": value / whole,
            "is_rest": len(values) > most and row == most - 1,
        }
        for row, (name, value) in enumerate(largest)
    ]


def _part(name: object, dimension: str) -> str:
    if not isinstance(name, str) or not name:
        return UNKNOWN
    return name.replace("_", " ").capitalize() if dimension == "asset_class" else name
