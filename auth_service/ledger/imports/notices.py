"""Notices about the whole file: unread columns with amounts, and taxes counted as fees."""

import re
from collections import Counter
from collections.abc import Iterable

from auth_service.ledger.imports.money import currencies_of
from auth_service.ledger.imports.rows import Record, SourceRow
from auth_service.quoting import shortened

MOST_NAMED = 20
# A number other than 0, with or without a currency; not a date or time, and not a number that only identifies
# something.
NAMES_A_CURRENCY = re.compile("curr|ccy|währ|waehr|devis|divis|valut|moeda|munt")
MARKS = r"[0-9.,' \u00a0\u202f]"
AMOUNT = re.compile(rf"[^0-9]{{0,5}}(?={MARKS}*[1-9])(?!0[0-9])(?![0-9]{{9}}){MARKS}{{1,30}}[^0-9]{{0,5}}")
IDENTIFIES = re.compile(r"(^|[^a-z])(id|conid|number|no|nr|nummer|account|konto|ref|reference|date|time|code|year)$")


class Notices:
    """What is found in a file while its rows are read."""

    def __init__(self) -> None:
        self._unread: Counter[str] = Counter()
        self._currencies: dict[str, set[str]] = {}
        self._taxes: dict[str, None] = {}
        self._has_rows = self._has_shared_signs = False

    def see(self, record: Record) -> None:
        """Note a row of any kind."""
        self._has_rows = True

    def see_trade(self, record: Record, row: SourceRow) -> None:
        """Record what a trade's row contains beyond what was read."""
        for name, cell in record.others.items():
            if _is_amount(name, cell.strip()):
                self._unread[name] += 1
            elif NAMES_A_CURRENCY.search(name.lower()) and currencies_of(cell.strip()):
                self._currencies.setdefault(name, set()).update(currencies_of(cell.strip()))
        self._taxes |= dict.fromkeys(row.taxes_among_fees)
        self._has_shared_signs |= any(len(currencies) > 1 for _, currencies in row.units)

    def sentences(self) -> list[str]:
        """Remarks about the whole file, most important first."""
        told = []
        if not self._has_rows:
            told.append("The file has no rows below the header.")
        if self._unread:
            told.append(
                f"Ignored columns with amounts: {_listed(self._unread)}. If they belong to the price or "
                "the fees, map the file's columns, or correct the trades in the ledger."
            )
        if self._currencies:
            told.append(
                f"Ignored columns with currencies: {_listed(self._currencies)}. Check that price and fees are in "
                "the listing's currency, or map these columns as currency and fees_currency."
            )
        if self._has_shared_signs:
            told.append("An ambiguous currency sign, such as $, was read as the listing's currency.")
        if self._taxes:
            told.append(f"Taxes were added to the fees: {_listed(self._taxes)}.")
        return told


def _is_amount(name: str, cell: str) -> bool:
    return AMOUNT.fullmatch(cell) is not None and not IDENTIFIES.search(name.lower())


def _listed(names: Iterable[str]) -> str:
    every = [f"“{shortened(name)}”" for name in names]
    rest = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
