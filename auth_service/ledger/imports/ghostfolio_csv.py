"""The CSV that Ghostfolio imports: Date, Code, DataSource, Currency, Price, Quantity, Action, Fee, Note.

Source: ghostfolio/ghostfolio, apps/client/src/app/services/import-activities.service.ts, which accepts several names
for each column in any order, and test/import/ok/sample.csv, where dates start with the day or the year.
"""

from collections.abc import Iterator

from auth_service.ledger.imports.amounts import DAY_FIRST, currency, day_first, number, optional, plain, year_first
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.ghostfolio import SIDES, yahoo_symbol
from auth_service.ledger.imports.rows import Record, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "ghostfolio-csv", "Ghostfolio (CSV)"
HINT = "A file you imported into Ghostfolio: Date, Code, DataSource, Currency, Price, Quantity, Action, Fee, Note"
NAMES = {
    "comment": ("comment", "note"),
    "currency": ("ccy", "currency", "currencyprimary"),
    "source": ("datasource",),
    "date": ("date", "tradedate"),
    "fee": ("commission", "fee", "ibcommission"),
    "quantity": ("qty", "quantity", "shares", "units"),
    "symbol": ("code", "symbol", "ticker"),
    "type": ("action", "buy/sell", "type"),
    "price": ("price", "tradeprice", "unitprice", "value"),
}

KNOWN = {name for names in NAMES.values() for name in names} | {"account", "accountid", "tags", "name", "isin"}


def recognises(document: Document) -> bool:
    """It has a data source, and all but one of the other columns under any of their names."""
    known = [bool({*names} & {*document.header}) for names in NAMES.values()]
    return "datasource" in document.header and sum(known) >= len(known) - 1


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column in KNOWN


def records(document: Document) -> Iterator[Record]:
    """The rows, under the file's names."""
    return document.records(knows)


def read(record: Record) -> SourceRow:
    """The trade in one row, under any of its columns' names."""
    cells = {column: next((record[name] for name in names if record[name]), "") for column, names in NAMES.items()}
    kind, source = cells["type"].upper(), cells["source"].upper()
    if kind not in SIDES:
        raise SkippedRowError(f"{shortened(kind) or 'A row without a type'} is not a trade.")
    if source == "MANUAL":
        raise SkippedRowError(f"{shortened(cells['symbol'])} is a manual asset in Ghostfolio without a listing.")
    read_date = day_first if DAY_FIRST.match(cells["date"]) else year_first
    return SourceRow(
        ticker=yahoo_symbol(cells["symbol"], source),
        side=kind,
        # Ghostfolio drops signs: the type says what is bought.
        quantity=plain(abs(number(cells["quantity"], thousands=""))),
        price=plain(abs(number(cells["price"], thousands=""))),
        fees=plain(abs(optional(cells["fee"], thousands=""))),
        currency=currency(cells["currency"]),
        trade_date=read_date(cells["date"]),
        note=cells["comment"],
    )
