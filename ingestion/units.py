"""Currencies, and the units of less than one in which some listings are quoted: pence, cents, agorot, fils."""

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
# Listings of these currencies have come in either unit, and changed from one to the other from one day to the next.
QUOTED_EITHER_WAY = frozenset({"GBP", "ZAR", "ILS", "KWD"})


@dataclass(frozen=True)
class Unit:
    """A unit of less than one: `factor` of the `currency`."""

    currency: str
    factor: Decimal


@cache
def minor_units() -> dict[str, Unit]:
    """The units by the codes that providers and brokers write."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["quoted_currency"]: Unit(row["currency"], Decimal(row["factor"])) for row in csv.DictReader(file)}


def unit(code: str) -> Unit:
    """What one of `code` is worth; a currency is worth itself."""
    return minor_units().get(code) or Unit(code.upper(), Decimal(1))


def checked_currency(ticker: str, code: object, also_known: Collection[str] = ()) -> str:
    """The code that a listing is quoted in.

    Args:
        ticker: The listing.
        code: What its source says.
        also_known: Codes that the source itself has exchange rates of.

    Raises:
        UnknownCurrencyError: It says nothing, or nobody knows what that is worth.

    """
    if not isinstance(code, str) or not code.strip():
        raise UnknownCurrencyError(
            f"The source does not say in which currency {ticker} is quoted, so its prices can't be used. "
            "Choose another listing, or add the ticker with its currency to the files source."
        )
    if code not in minor_units() and code.upper() not in also_known and not _is_currency(code):
        raise UnknownCurrencyError(
            f"{ticker} is quoted in {code[:10]!r}, which is neither a currency nor a unit that Macrofolio knows. "
            f"Say what it is worth in dbt/seeds/{TABLE.name} and deploy, or add the ticker in a known currency to the "
            "files source."
        )
    return code


def switched_unit(code: str, ratio: float) -> bool:
    """True when prices of a listing in `code` moved as they do when pounds are told instead of pence, or pence instead.

    A day's move on top is forgiven: 25 % either way.
    """
    own = unit(code)
    factors = {
        1 / float(other.factor)
        for name, other in minor_units().items()
        if other.currency == own.currency and (name == code or own.currency in QUOTED_EITHER_WAY)
    }
    return any(factor / 1.25 <= max(ratio, 1 / ratio) <= factor * 1.25 for factor in factors)


def _is_currency(code: str) -> bool:
    """True for a code of ISO 4217; in mixed case it would be some unit of a currency, such as GBp."""
    return code in (code.upper(), code.lower()) and pycountry.currencies.get(alpha_3=code.upper()) is not None
