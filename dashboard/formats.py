"""Numbers and dates as people read them: one way for each kind, everywhere."""

from datetime import UTC, date, datetime
from decimal import Decimal

UNKNOWN = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(amount: float | Decimal | str | None, currency: str, decimals: int = 2, *, signed: bool = False) -> str:
    """`1234.5` USD is `$1,234.50`; a currency without a well-known symbol is named: `CHF 1,234.50`."""
    if amount is None:
        return UNKNOWN
    value = Decimal(str(amount))
    digits = f"{abs(value):,.{decimals}f}"
    return _sign(value, digits, signed=signed) + SYMBOLS.get(currency, f"{currency} ") + digits


def percent(fraction: float | None, decimals: int = 1, *, signed: bool = False) -> str:
    """`0.0512` is `5.1 %`."""
    if fraction is None:
        return UNKNOWN
    value = Decimal(str(fraction)) * 100
    digits = f"{abs(value):,.{decimals}f}"
    return f"{_sign(value, digits, signed=signed)}{digits} %"


def ratio(value: float | None) -> str:
    """A pure number, as a Sharpe ratio or a beta: `1.23`."""
    if value is None:
        return UNKNOWN
    digits = f"{abs(value):,.2f}"
    return _sign(Decimal(str(value)), digits, signed=False) + digits


def quantity(value: float | Decimal | str | None) -> str:
    """Up to 8 decimals, as many as are needed: `1,000` or `0.125`."""
    if value is None:
        return UNKNOWN
    whole, _, fraction = f"{Decimal(str(value)):,.8f}".partition(".")
    fraction = fraction.rstrip("0")
    return (f"{whole}.{fraction}" if fraction else whole).replace("-", MINUS)


def exact(amount: str, currency: str) -> str:
    """An amount of the ledger, never rounded, with two decimals at least."""
    value = Decimal(amount)
    exponent = value.normalize().as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 0)
    return money(value, currency, decimals)


def age(day: date, today: date) -> str:
    """How long ago, in the largest unit that says enough: `today`, `3 days ago`, `13.7 years ago`."""
    days = (today - day).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days < 60:  # noqa: PLR2004
        return f"{days} days ago"
    if days < 730:  # noqa: PLR2004
        return f"{days // 30} months ago"
    return f"{days / 365.25:.1f} years ago"


def instant(text: str) -> datetime:
    """A time of the API, whatever its offset, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def moment(when: datetime, today: date) -> str:
    """`at 21:30 UTC` of today, else `on 2026-11-20 at 21:30 UTC`."""
    clock = f"at {when:%H:%M} UTC"
    return clock if when.date() == today else f"on {when:%Y-%m-%d} {clock}"


def tone(value: float | None) -> str:
    """The CSS class that colours a gain or a loss."""
    if not value:
        return ""
    return "gain" if value > 0 else "loss"


def _sign(value: Decimal, digits: str, *, signed: bool) -> str:
    """Nothing before what rounds to zero: no negative zero."""
    if not any(digit in digits for digit in "123456789"):
        return ""
    if value < 0:
        return MINUS
    return "+" if signed else ""
