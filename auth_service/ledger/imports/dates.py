"""Dates as people write them: in a given form, or with the month's name, which needs none."""

import re
from functools import cache

from babel.dates import get_month_names

from auth_service.ledger.imports.rows import RefusedRowError
from auth_service.quoting import shortened

LANGUAGES = ("en", "de", "de_AT", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "pl", "cs")
WORD = r"[^\W\d_]+\.?"
TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<year>[0-9]{2})",
    "MMM": rf"(?P<month>{WORD})",
    "MM": rf"(?P<month>[0-9]{{1,2}}|{WORD})",
    "DD": r"(?P<day>[0-9]{1,2})",
}
# In any order, a month's name and a four-digit year are unambiguous.
WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"
WITH_A_NAME = (
    re.compile(
        rf"{WEEKDAY}(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?[\s/.-]*(?:de\s+)?(?P<month>{WORD})[\s,/.-]*(?:de\s+)?(?P<year>[0-9]{{4}})(?![0-9])"
    ),
    re.compile(
        rf"{WEEKDAY}(?P<month>{WORD})[\s.-]*(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[\s,/.-]+(?P<year>[0-9]{{4}})(?![0-9])"
    ),
    re.compile(rf"(?P<year>[0-9]{{4}})[\s/.-]*(?P<month>{WORD})[\s/.-]*(?P<day>[0-9]{{1,2}})(?![0-9])"),
)
FIRST_TWO_DIGITS_OF_THE_1900S = 70  # a ledger begins in 1970


def day(text: str, form: str) -> str:
    """The date as YYYY-MM-DD; a time after it is ignored.

    Raises:
        RefusedRowError: It doesn't match the form, and has no month's name with a four-digit year either.

    """
    for pattern in (_pattern(form), *WITH_A_NAME):
        found = pattern.match(text)
        month = _month(found["month"]) if found else None
        if found and month:
            return f"{_year(found['year'])}-{month:>02}-{found['day']:>02}"
    raise RefusedRowError(f"{shortened(text)!r} is not a date like {form}.")


def _year(digits: str) -> str:
    if len(digits) > 2:  # noqa: PLR2004  all four
        return digits
    return f"19{digits}" if int(digits) >= FIRST_TWO_DIGITS_OF_THE_1900S else f"20{digits}"


def _month(written: str) -> str | None:
    return written if written.isdigit() else _names().get(written.lower().rstrip("."))


@cache
def _pattern(form: str) -> re.Pattern[str]:
    pattern = re.sub("YYYY|YY|MMM|MM|DD", lambda token: TOKENS[token[0]], re.escape(form))
    return re.compile(rf"{pattern}(?![0-9])")


@cache
def _names() -> dict[str, str]:
    """Month names and abbreviations, except those that mean another month in another language."""
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in get_month_names(width, context, language).items():
                    found.setdefault(name.lower().rstrip("."), set()).add(month)
    found.setdefault("sept", set()).add(9)
    return {name: str(months.pop()) for name, months in found.items() if len(months) == 1}
