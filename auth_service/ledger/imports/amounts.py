"""Numbers, dates and currencies as other programs write them; exact, never converted through floats."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

from auth_service.ledger.imports.rows import RefusedRowError
from ingestion.units import unit

# Enough digits for every product of two numbers that NUMBER admits.
EXACT = Context(prec=300, rounding=ROUND_HALF_EVEN)
SMALLEST = Decimal("0.00000001")
SPACES = "\u0020\u00a0\u202f"  # thousands separators in French
MINUSES = str.maketrans(dict.fromkeys("\u2212\u2013\ufe63\uff0d", "-"))
YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?![0-9])(?P<time>.*)", re.DOTALL)
IMPOSSIBLE_TIME = re.compile(r"[T;, ]+(?:2[4-9]|[3-9][0-9]|[0-9]{2}:?[6-9][0-9])")
DAY_FIRST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?![0-9])")
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")

PENCE = {"GBX": "GBp", "GBPX": "GBp", "ZAC": "ZAc"}


def number(text: str, decimal: str = ".", thousands: str = ",") -> Decimal:
    """An exact number.

    Raises:
        RefusedRowError: It is not a number; thousands must be in groups of three, so that 1,5 never becomes 15.

    """
    bare = "".join(character for character in text.translate(MINUSES) if character not in SPACES)
    if not _pattern(decimal, thousands).fullmatch(bare):
        raise RefusedRowError(
            f"{text[:40]!r} is not a number in the file's format, which has {decimal!r} before decimals."
        )
    return Decimal("".join(bare.split(thousands)).replace(decimal, ".") if thousands else bare.replace(decimal, "."))


def optional(text: str, decimal: str = ".", thousands: str = ",") -> Decimal:
    """The number, 0 for an empty cell."""
    return number(text, decimal, thousands) if text else Decimal(0)


def decimal_mark(cell: str) -> str:
    """The last mark in a number with decimals; empty if there is none."""
    return max(cell, key=lambda mark: (mark in ".,") * (cell.rfind(mark) + 1)) if re.search(r"[.,]", cell) else ""


def plain(value: Decimal) -> str:
    """The digits without trailing zeros or an exponent."""
    return format(value.normalize(EXACT), "f") if value else "0"


def rounded(name: str, value: Decimal, remarks: list[str]) -> str:
    """Round half-even to the ledger's 8 decimals; a change is added to the remarks."""
    nearest = value.quantize(SMALLEST, context=EXACT)
    if nearest != value:
        remarks.append(f"{name} rounded from {value.normalize(EXACT):.20g} to {plain(nearest)}")
    return plain(nearest)


def product(one: Decimal, other: Decimal) -> Decimal:
    """The exact product of any two numbers in a file."""
    return EXACT.multiply(one, other)


def agree(traded: Decimal, told: Decimal, quantity: Decimal) -> bool:
    """True if a row's amount is its quantity times its price, whatever the sign, up to rounding."""
    rounding = Decimal("0.02") + abs(quantity) * Decimal("0.0001")  # of cents, and of a price with four decimals
    return abs(abs(traded) - abs(told)) <= max(rounding, abs(told) * Decimal("0.002"))


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """A quotient with far more digits than are stored.

    Raises:
        RefusedRowError: The divisor is 0.

    """
    if not divisor:
        raise RefusedRowError("The quantity or exchange rate is 0, so the price cannot be computed.")
    return EXACT.divide(dividend, divisor)


def year_first(text: str) -> str:
    """2024-01-31 or 20240131, with or without a time, as 2024-01-31."""
    found = YEAR_FIRST.match(text)
    if not found or IMPOSSIBLE_TIME.match(found["time"]):
        raise RefusedRowError(f"{text[:40]!r} is not a date such as 2024-01-31.")
    return "-".join(found.groups()[:3])


def day_first(text: str) -> str:
    """31-01-2024, 31/01/2024 or 31.01.2024 as 2024-01-31."""
    found = DAY_FIRST.match(text)
    if not found:
        raise RefusedRowError(f"{text[:40]!r} is not a date such as 31-01-2024.")
    day, month, year = found.groups()
    return f"{year}-{month:>02}-{day:>02}"


def currency(text: str) -> str:
    """The code the price provider uses: brokers write GBX for pence, it writes GBp."""
    return PENCE.get(text.upper(), text)


def hundredths(given: str, listed: str) -> Decimal | None:
    """The factor from amounts in the given currency to the listing's; None if unknown."""
    own, other = unit(given), unit(listed)
    return own.factor / other.factor if own.currency == other.currency else None


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = f"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}}){{1,6}}|" if thousands else ""
    return re.compile(
        rf"[+-]?(?:{groups}[0-9]{{1,18}})(?:{re.escape(decimal)}[0-9]{{1,40}})?(?:[eE][+-]?[0-9]{{1,2}})?"
    )
