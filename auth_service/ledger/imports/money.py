"""Amounts as people and spreadsheets write them: with a currency's sign or code, negative in brackets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import list_currencies

from auth_service.ledger.imports.amounts import MINUSES, PENCE, currency, number
from auth_service.ledger.imports.rows import RefusedRowError
from auth_service.quoting import shortened
from ingestion.units import minor_units

DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"})
# The currencies a sign may mean: if there are several, the listing decides.
SIGNS = {
    "$": DOLLARS,
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
    "₩": frozenset({"KRW"}),
    "₪": frozenset({"ILS"}),
    "₺": frozenset({"TRY"}),
    "₽": frozenset({"RUB"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kr.": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "Fr.": frozenset({"CHF"}),
    "p": frozenset({"GBp"}),
    "US$": frozenset({"USD"}),
    "$US": frozenset({"USD"}),
    "$CA": frozenset({"CAD"}),
    "$AU": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}),
    "CA$": frozenset({"CAD"}),
    "A$": frozenset({"AUD"}),
    "AU$": frozenset({"AUD"}),
    "NZ$": frozenset({"NZD"}),
    "HK$": frozenset({"HKD"}),
    "S$": frozenset({"SGD"}),
    "R$": frozenset({"BRL"}),
}
CODES = list_currencies() | {*minor_units(), *PENCE}
AMOUNT = re.compile(r"(?P<before>(?:[^0-9.,]|[.,](?![0-9]))*)(?P<digits>(?:[.,]?[0-9].*)?[0-9])(?P<behind>[^0-9]*)")
# In a column's name: Tax (EUR), Fee [GBP], Price in USD, Amount USD, Price ($).
IN_A_NAME = re.compile(r"[(\[]\s*(?P<bracketed>[^()\[\]]{1,4})\s*[)\]]|(?:^|\s)(?:in\s+)?(?P<last>[A-Z]{3}|GBp)$")


@dataclass(frozen=True)
class Money:
    """An amount, and the currencies that the text next to it may mean, if any."""

    amount: Decimal
    currencies: frozenset[str]


def money(text: str, decimal: str, thousands: str) -> Money:
    """The amount, negative in brackets or with a minus on either side.

    Raises:
        RefusedRowError: It is not an amount, or the text next to it is no currency.

    """
    bare = text.translate(MINUSES).replace("\u2019", "'").strip()
    in_brackets = bare.count("(") == bare.count(")") == 1
    found = AMOUNT.fullmatch(bare.replace("(", "").replace(")", "") if in_brackets else bare)
    if not found:
        raise RefusedRowError(
            f"{shortened(text)!r} is not a number in the file's format, which has {decimal!r} before decimals."
        )
    beside = [found["before"], found["behind"]]
    signs = [part.count("-") for part in beside]
    amount = number(found["digits"], decimal, thousands)
    units = [unit for part in beside if (unit := part.replace("-", "").replace("+", "").strip("\u00a0\u202f "))]
    if sum(signs) + in_brackets > 1:
        raise RefusedRowError(f"{shortened(text)!r} has more than one sign.")
    return Money(-amount if in_brackets or any(signs) else amount, _meant(units, text))


def optional_money(text: str, decimal: str, thousands: str) -> Money:
    """The same; nothing for an empty cell or a dash."""
    is_empty = not text.translate(MINUSES).strip("-\u2014 ")
    return Money(Decimal(0), frozenset()) if is_empty else money(text, decimal, thousands)


def currencies_in(name: str) -> frozenset[str]:
    """The currencies a column's name may mean, if any."""
    for found in IN_A_NAME.finditer(name):
        unit = found["bracketed"] or found["last"]
        if unit in SIGNS or unit in CODES:
            return currencies_of(unit)
    return frozenset()


def currencies_of(unit: str) -> frozenset[str]:
    """The currencies that a sign or code may mean, if any."""
    code = unit if unit in CODES else unit.upper()
    return SIGNS.get(unit) or frozenset({currency(code)} if code in CODES else ())


def shown(currencies: Iterable[str]) -> str:
    """`EUR`, or `JPY or CNY`."""
    return " or ".join(sorted(currencies))


def _meant(units: list[str], text: str) -> frozenset[str]:
    meant: frozenset[str] = frozenset()
    for unit in units:
        known = currencies_of(unit)
        if not known:
            raise RefusedRowError(f"{shortened(text)!r} is not a number: {shortened(unit)!r} is not a known currency.")
        meant = meant & known if meant else known
        if not meant:
            raise RefusedRowError(f"{shortened(text)!r} has two currencies.")
    return meant
