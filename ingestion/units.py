"""Currencies, and the smaller units in which some listings are quoted: pence, cents, agorot, fils."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pycountry

from ingestion.errors import UnknownCurrencyError

# The models divide by the same table.
TABLE = Path(__file__).parent.parent / "dbt" / "seeds" / "quote_factors.csv"
# Listings in these currencies come in either unit, and have switched from one day to the next.
QUOTED_EITHER_WAY = frozenset({"GBP", "ZAR", "ILS", "KWD"})


@dataclass(frozen=True)
class Unit:
    """A smaller unit: `factor` of the `currency`."""

    currency: str
    factor: Decimal


@cache
def minor_units() -> dict[str, Unit]:
    """Smaller units by the codes that providers and brokers use."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["quoted_currency"]: Unit(row["currency"], Decimal(row["factor"])) for row in csv.DictReader(file)}


def unit(code: str) -> Unit:
    """The currency and factor of `code`; a currency has factor 1."""
    return minor_units().get(code) or Unit(code.upper(), Decimal(1))


def checked_currency(ticker: str, code: object, also_known: Collection[str] = ()) -> str:
    """The code of the currency or unit in which a listing is quoted.

    Args:
        ticker: The listing.
        code: The code from its source.
        also_known: Codes for which the source itself has exchange rates.

    Raises:
        UnknownCurrencyError: The code is missing or unknown.

    """
    if not isinstance(code, str) or not code.strip():
        raise UnknownCurrencyError(
            f"The source gives no currency for {ticker}, so its prices can't be used. "
            "Choose another listing, or add the ticker with its currency to the files source."
        )
    if code not in minor_units() and code.upper() not in also_known and not _is_currency(code):
        raise UnknownCurrencyError(
            f"{ticker} is quoted in {code[:10]!r}, which Macrofolio does not know. "
            f"Add its value to dbt/seeds/{TABLE.name} and deploy, or add the ticker in a known currency to the "
            "files source."
        )
    return code


def switched_unit(code: str, ratio: float) -> bool:
    """True if prices quoted in `code` moved as they do when pounds replace pence, or pence replace pounds.

    Allows for a day's move on top: 25 % either way.
    """
    own = unit(code)
    factors = {
        1 / float(other.factor)
        for name, other in minor_units().items()
        if other.currency == own.currency and (name == code or own.currency in QUOTED_EITHER_WAY)
    }
    return any(factor / 1.25 <= max(ratio, 1 / ratio) <= factor * 1.25 for factor in factors)


def _is_currency(code: str) -> bool:
    """True for an ISO 4217 code; mixed case means a unit of a currency, such as GBp."""
    return code in (code.upper(), code.lower()) and pycountry.currencies.get(alpha_3=code.upper()) is not None
