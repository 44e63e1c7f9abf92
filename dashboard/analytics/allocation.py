"""What parts a portfolio has, by what is known of its assets."""

from collections import defaultdict
from typing import Any

DIMENSIONS = {
    "ticker": "Asset",
    "sector": "Sector",
    "asset_class": "Class",
    "country": "Country",
    "currency": "Currency",
}
UNKNOWN = "Not known"
MOST = 10  # parts with a bar of their own


def shares(tickers: list[dict[str, Any]], dimension: str, most: int = MOST) -> list[dict[str, Any]]:
    """The parts of what is held now, largest first: `name`, `market_value`, `weight`, `is_rest`.

    Beyond `most` parts the smaller ones are one; weights are fractions of what has a value.
    """
    values: dict[str, float] = defaultdict(float)
    for ticker in tickers:
        if ticker["market_value"]:
            values[_part(ticker[dimension], dimension)] += ticker["market_value"]
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


def _part(name: str | None, dimension: str) -> str:
    if not name:
        return UNKNOWN
    return name.replace("_", " ").capitalize() if dimension == "asset_class" else name
