"""Trading 212's history as CSV: columns vary with what the period contains, so all are identified by name.

Source: dickwolff/Export-To-Ghostfolio, samples/trading212-export.csv, and the headers that other importers test with.
Times are UTC; amounts have 10 decimals, so more than 8 are rounded, with a remark; the exchange rate is how much of the
share's currency one unit of the account's buys (100 pence per pound), and fees are in the account's currency; pence are
GBX.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from auth_service.ledger.imports.amounts import currency, number, product, rounded, year_first
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "trading212", "Trading 212"
HINT = "History → download icon → CSV, with orders"
# For example: currency conversion fee, stamp duty (gbp), stamp duty reserve tax (gbp), french transaction tax, finra
# fee.
CHARGE = re.compile(
    r"(?P<what>.*\b(?:fees?|tax|levy|duty|vat|charge|commission)( reserve tax)?)(?: \((?P<currency>[a-z]{3})\))?"
)
TAX = re.compile(r"\b(tax|levy|duty|vat)\b")
WITHHELD = "withholding tax"  # on dividends
KNOWN = {"action", "time", "time (utc)", "isin", "ticker", "name", "no. of shares", "price / share"} | {
    *("exchange rate", "notes", "id", "merchant name", "merchant category"),
}
# Columns that follow from the others, or that belong to other rows than trades.
FOLLOWS = re.compile(rf"currency \(.*\)|(?:result|total|gross total|charge amount|{WITHHELD})(?: \([a-z]{{3}}\))?")


def recognises(document: Document) -> bool:
    """It has the columns found in every period's history."""
    return {*document.header} >= {"action", "isin", "ticker", "no. of shares", "price / share"}


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column in KNOWN or bool(FOLLOWS.fullmatch(column) or CHARGE.fullmatch(column))


def records(document: Document) -> Iterator[Record]:
    """The rows, under the file's names."""
    return document.records(knows)


def read(record: Record) -> SourceRow:
    """The trade in one order, with fees and taxes in the share's currency; amounts are rounded to 8 decimals."""
    action = record["action"]
    side = action.rpartition(" ")[2].upper()
    if side not in {"BUY", "SELL"}:
        raise SkippedRowError(f"{shortened(action) or 'A row without an action'} is not a trade.")
    remarks: list[str] = []
    priced_in = currency(record["currency (price / share)"])
    return SourceRow(
        isin=record["isin"],
        broker_symbol=record["ticker"].replace(".", "-"),
        side=side,
        quantity=rounded("quantity", number(record["no. of shares"]), remarks),
        price=rounded("price", number(record["price / share"]), remarks),
        fees=rounded("fees", _fees(record, priced_in), remarks),
        currency=priced_in,
        trade_date=year_first(record["time"] or record["time (utc)"]),
        note=record["notes"],
        taxes_among_fees=tuple(what.capitalize() for _, what, _ in _charges(record) if TAX.search(what)),
        remarks=tuple(remarks),
    )


def _fees(record: Record, priced_in: str) -> Decimal:
    """Total fees and taxes of the trade, in the share's currency."""
    fees = Decimal(0)
    for name, _, charged_in in _charges(record):
        fees += product(abs(number(record[name])), _rate(record, priced_in, charged_in))
    return fees


def _charges(record: Record) -> Iterator[tuple[str, str, str]]:
    """The columns of charges on the trade: name, kind, and currency."""
    for name in record.cells:
        found = CHARGE.fullmatch(name)
        if found and found["what"] != WITHHELD and record[name] and number(record[name]):
            yield name, found["what"], (found["currency"] or "").upper() or record[f"currency ({name})"]


def _rate(record: Record, priced_in: str, charged_in: str) -> Decimal:
    if currency(charged_in) == priced_in:
        return Decimal(1)
    rate = record["exchange rate"]
    if not rate or not rate[0].isdigit():
        charged_in = shortened(charged_in)
        raise RefusedRowError(f"The fees are in {charged_in}, the price in {priced_in}, and there is no exchange rate.")
    return number(rate)
