"""Numbers and dates as the reader's language writes them (CLDR, by Babel): one format for each kind, everywhere."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel import Locale, localedata, negotiate_locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from flask import has_request_context, request

UNKNOWN = "\N{EN DASH}"
DEFAULT = "en_US"
# Day, month and year with and without a leading zero, in the tokens of d3 (plotly.js) and Day.js (Mantine).
OF_PLOTLY = {"d": "%-d", "dd": "%d", "M": "%-m", "MM": "%m", "y": "%Y"}
OF_MANTINE = {"d": "D", "dd": "DD", "M": "M", "MM": "MM", "y": "YYYY"}
MOST_DECIMALS = 8  # of a quantity in the ledger


def locale() -> Locale:
    """The browser's preferred language for numbers and dates; American English without a request."""
    return _negotiated(request.headers.get("Accept-Language", "")) if has_request_context() else Locale.parse(DEFAULT)


def money(amount: float | Decimal | str | None, currency: str, decimals: int = 2, *, signed: bool = False) -> str:
    """`1234.5` USD is `$1,234.50` in English, `1.234,50 $` in German."""

    def written(value: Decimal) -> str:
        pattern = locale().currency_formats["standard"].pattern.replace("0.00", f"0.{'0' * decimals}".rstrip("."))
        if not symbol(currency):  # the code, but never CHF12
            pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
        return format_currency(value, currency, pattern, locale=locale(), currency_digits=False)

    return _signed(amount, decimals, written, signed=signed)


def percent(fraction: float | None, decimals: int = 1, *, signed: bool = False) -> str:
    """`0.0512` is `5.1%` in English, `5,1 %` in German."""

    def written(value: Decimal) -> str:
        pattern = locale().percent_formats[None].pattern.replace("##0", f"##0.{'0' * decimals}".rstrip("."))
        return format_percent(value, pattern, locale=locale())

    return _signed(fraction, decimals + 2, written, signed=signed)


def ratio(value: float | None) -> str:
    """A pure number, as a Sharpe ratio or a beta: `1.23`."""
    return _signed(value, 2, lambda number: format_decimal(number, "#,##0.00", locale=locale()))


def quantity(value: float | Decimal | str | None) -> str:
    """Up to 8 decimals, as many as needed: `1,000` or `0.125`."""
    return _signed(
        value, MOST_DECIMALS, lambda number: format_decimal(number, f"#,##0.{'#' * MOST_DECIMALS}", locale=locale())
    )


def count(number: int | None) -> str:
    """A whole number: `3,650`."""
    return UNKNOWN if number is None else str(format_decimal(number, locale=locale()))


def exact(amount: str, currency: str) -> str:
    """An amount from the ledger, never rounded, with at least two decimals."""
    exponent = Decimal(amount).normalize().as_tuple().exponent
    return money(amount, currency, max(2, -exponent if isinstance(exponent, int) else 0))


def symbol(currency: str) -> str:
    """A currency's sign, `$` or `US$`; empty if only its code is used."""
    sign = str(get_currency_symbol(currency, locale=locale()))
    return "" if sign[-1].isalpha() else sign


def day(when: date | str | None) -> str:
    """`Nov 25, 2026` in English, `25.11.2026` in German; accepts the API's dates as text."""
    if when is None:
        return UNKNOWN
    return str(format_date(date.fromisoformat(when) if isinstance(when, str) else when, "medium", locale=locale()))


def month(when: date | str) -> str:
    """`Mar 2013`; accepts any day of the month."""
    day_of_it = date.fromisoformat(when) if isinstance(when, str) else when
    return str(format_skeleton("yMMM", day_of_it, locale=locale()))


def day_pattern(tokens: dict[str, str]) -> str:
    """The reader's numeric date format, in the tokens of the library that will use it."""
    pattern = str(locale().date_formats["short"].pattern).replace("'", "")
    return re.sub(r"d+|M+|y+", lambda part: tokens["y" if part[0][0] == "y" else part[0][:2]], pattern)


def separators() -> str:
    """The decimal and thousands separators, in plotly.js's notation."""
    symbols = locale().number_symbols["latn"]
    return f"{symbols['decimal']}{symbols['group']}"


def age(when: date, today: date) -> str:
    """How long ago, in the largest sensible unit: `today`, `3 days ago`, `13.7 years ago`."""
    days = (today - when).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days < 60:  # noqa: PLR2004
        return f"{days} days ago"
    if days < 730:  # noqa: PLR2004
        return f"{days // 30} months ago"
    return f"{format_decimal(round(days / 365.25, 1), locale=locale())} years ago"


def instant(text: str) -> datetime:
    """An API time, whatever its offset, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def moment(when: datetime, today: date) -> str:
    """`at 21:30 UTC` today, otherwise `on Nov 20, 2026 at 21:30 UTC`."""
    clock = f"at {format_datetime(when, 'HH:mm', locale=locale())} UTC"
    return clock if when.date() == today else f"on {day(when.date())} {clock}"


def tone(value: float | None) -> str:
    """The CSS class that colours a gain or a loss."""
    if not value:
        return ""
    return "gain" if value > 0 else "loss"


def _signed(
    value: float | Decimal | str | None, decimals: int, written: Callable[[Decimal], str], *, signed: bool = False
) -> str:
    """Put the sign first, if wanted or below zero; no negative zero."""
    if value is None:
        return UNKNOWN
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    symbols = locale().number_symbols["latn"]
    sign = symbols["minusSign"] if number < 0 else symbols["plusSign"] if signed and number else ""
    return f"{sign}{written(abs(number))}"


@lru_cache(maxsize=256)
def _negotiated(accepted: str) -> Locale:
    wanted = [tag.partition(";")[0].strip().replace("-", "_") for tag in accepted.split(",")]
    return Locale.parse(negotiate_locale(wanted, localedata.locale_identifiers()) or DEFAULT)
