"""Degiro's Transactions.csv, in every language: columns are known by their places, as their names differ.

Source: headers in English, Dutch, German, French, Spanish, Italian and Portuguese as other importers test with. Places:
date, time, product, ISIN, exchange, venue, quantity, price, its currency, local value, its currency, value; then, until
2024, a currency behind each of value, fees and total, since then one in the name of the column ("Value EUR") and an
AutoFX fee. Sales have a negative quantity, fees are negative, some languages write decimal commas, pence are GBX, and
the exchange rate is how much of the share's currency one unit of the account's is. Splits and swaps are pairs without
fees; no exchange traded them.
"""

from collections.abc import Iterator
from decimal import Decimal

from auth_service.imports.amounts import currency, day_first, decimal_mark, number, optional, plain, product
from auth_service.imports.document import Document
from auth_service.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow

NAME, TITLE = "degiro", "Degiro's Transactions.csv"
COMMON = ("date", "time", "product", "isin", "exchange", "venue", "quantity", "price", "currency", "local", "", "value")
OLD = (*COMMON, "account currency", "rate", "fees", "fees currency", "total", "")
NEW = (*COMMON, "rate", "autofx", "fees", "total")


def recognises(document: Document) -> bool:
    header = document.header
    return len(header) >= len(NEW) and header[3].endswith("isin") and not header[8] and not header[10]


def records(document: Document) -> Iterator[Record]:
    """The rows by our names, with the file's decimal mark and the account's currency."""
    names = NEW if document.header[12] else OLD
    account = document.first_row[11].rpartition(" ")[2]
    rows = list(document.lines())[1:]
    place = COMMON.index("price")
    mark = next((mark for _, row in rows if len(row) > place and (mark := decimal_mark(row[place]))), ".")
    for number_, row in rows:
        cells = {"account currency": account} | dict(zip(names, row, strict=False)) | {"mark": mark}
        yield Record(number_, cells)


def read(record: Record) -> SourceRow:
    mark = record["mark"]
    thousands = "," if mark == "." else "."
    if not record["quantity"]:
        raise SkippedRowError(f"{record['product'] or 'The row'} has no quantity and is no trade.")
    quantity = number(record["quantity"], mark, thousands)
    fees = sum(
        (abs(optional(record[name], mark, thousands)) for name in ("fees", "autofx")),
        start=Decimal(0),
    )
    if not fees and not record["venue"]:
        raise SkippedRowError("No venue and no fees: not traded but booked, as splits and swaps are.")
    return SourceRow(
        isin=record["isin"],
        side="SELL" if quantity < 0 else "BUY",
        quantity=plain(abs(quantity)),
        price=plain(number(record["price"], mark, thousands)),
        fees=plain(product(fees, _rate(record, mark, thousands)) if fees else fees),
        currency=currency(record["currency"]),
        trade_date=day_first(record["date"]),
    )


def _rate(record: Record, mark: str, thousands: str) -> Decimal:
    """By what fees, which are in the account's currency, are multiplied."""
    if record["currency"] == (record["fees currency"] or record["account currency"]):
        return Decimal(1)
    if not record["rate"]:
        raise RefusedRowError(f"Its price is in {record['currency']}, its fees are not, and it has no exchange rate.")
    return number(record["rate"], mark, thousands)
