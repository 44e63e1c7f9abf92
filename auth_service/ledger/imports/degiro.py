"""Degiro's Transactions.csv, in every language: columns are identified by position, because their names differ.

Source: headers in English, Dutch, German, French, Spanish, Italian and Portuguese as other importers test with. Places:
date, time, product, ISIN, exchange, venue, quantity, price, its currency, local value, its currency, value; then, until
2024, a currency after each of value, fees and total, since then one in the column's name ("Value EUR") and an
AutoFX fee. Until 2020 there was no venue, and currencies stood before their amounts. Sales have a negative quantity,
fees are negative, some languages write decimal commas, pence are GBX, and the exchange rate is how much of the share's
currency one unit of the account's is. Splits and swaps are pairs without fees and without an order.
"""

from collections.abc import Iterator
from decimal import Decimal

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.amounts import (
    agree,
    currency,
    day_first,
    decimal_mark,
    number,
    optional,
    plain,
    product,
    quotient,
)
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "degiro", "Degiro"
HINT = "Inbox → Transactions → Export → CSV (Transactions.csv, not Account.csv)"
START = ("date", "time", "product", "isin", "exchange")
COMMON = (*START, "venue", "quantity", "price", "currency", "local", "", "value")
OLD = (*COMMON, "account currency", "rate", "fees", "fees currency", "total", "")
NEW = (*COMMON, "rate", "autofx", "fees", "total")
UNTIL_2020 = (
    *(*START, "quantity", "currency", "price", "", "local", "account currency", "value", "rate"),
    *("fees currency", "fees", "", "total"),
)
# The versions differ, in every language, in which columns from date to value have a name.
VERSIONS = ((UNTIL_2020, "xxxxxx.x.x.xx.x.x"), (NEW, "xxxxxxxx.x.xxxxx"), (OLD, "xxxxxxxx.x.x.xx.x."))
RATE_TOLERANCE = Decimal("0.01")  # room for exchange costs in the rate
ISIN_PLACE = START.index("isin")


def recognises(document: Document) -> bool:
    """All versions start the same: three names, the ISIN, and further on columns without a name."""
    header = document.header
    return len(header) > len(START) and header[ISIN_PLACE].endswith("isin") and "" in header[len(START) : -1]


def records(document: Document) -> Iterator[Record]:
    """The rows under our names, with the file's decimal mark and the account's currency.

    Raises:
        InvalidRequestError: The columns belong to no known version.

    """
    names = _version(document)
    further = [(place, name) for place, name in enumerate(document.first_row) if place > len(names) + 1 and name]
    account = document.first_row[names.index("value")].rpartition(" ")[2]
    rows = list(document.lines())[1:]
    place = names.index("price")
    mark = next((mark for _, row in rows if len(row) > place and (mark := decimal_mark(row[place]))), ".")
    for number_, row in rows:
        order = next((cell for cell in row[len(names) :] if cell.strip()), "")
        cells = {"account currency": account} | dict(zip(names, row, strict=False)) | {"mark": mark, "order": order}
        yield Record(number_, cells, others={name: row[at] for at, name in further if at < len(row)})


def _version(document: Document) -> tuple[str, ...]:
    named = "".join("x" if name else "." for name in document.header)
    for names, pattern in VERSIONS:
        if named.startswith(pattern):
            return names
    raise InvalidRequestError(
        "This version of Degiro's file is not supported. Export it again at Degiro (Inbox → "
        "Transactions → Export → CSV), or map the columns yourself."
    )


def read(record: Record) -> SourceRow:
    """The trade in its listing's currency; the account's fees are converted at the row's own rate."""
    mark = record["mark"]
    thousands = "," if mark == "." else "."
    if not record["quantity"]:
        raise SkippedRowError(f"{shortened(record['product']) or 'The row'} has no quantity, so it is not a trade.")
    quantity = number(record["quantity"], mark, thousands)
    fees = sum(
        (abs(optional(record[name], mark, thousands)) for name in ("fees", "autofx")),
        start=Decimal(0),
    )
    if not fees and not record["venue"] and not record["order"]:
        raise SkippedRowError("No venue, fees or order: a booking such as a split or swap, not a trade.")
    price = number(record["price"], mark, thousands)
    if not agree(product(quantity, price), number(record["local"], mark, thousands), quantity):
        raise RefusedRowError("Quantity times price is not the value. This version of the file is not supported.")
    return SourceRow(
        isin=record["isin"],
        side="SELL" if quantity < 0 else "BUY",
        quantity=plain(abs(quantity)),
        price=plain(price),
        fees=plain(product(fees, _rate(record, mark, thousands)) if fees else fees),
        currency=currency(record["currency"]),
        trade_date=day_first(record["date"]),
    )


def _rate(record: Record, mark: str, thousands: str) -> Decimal:
    """The factor for fees, which are in the account's currency."""
    if record["currency"] == (record["fees currency"] or record["account currency"]):
        return Decimal(1)
    if not record["rate"]:
        raise RefusedRowError(
            f"The price is in {shortened(record['currency'])}, the fees are not, and there is no exchange rate."
        )
    rate, local, value = (abs(optional(record[name], mark, thousands)) for name in ("rate", "local", "value"))
    for factor in (rate, quotient(Decimal(1), rate)):  # old versions give the inverse
        if abs(product(value, factor) - local) <= local * RATE_TOLERANCE:
            return factor
    raise RefusedRowError("The exchange rate does not match the value and local value.")
