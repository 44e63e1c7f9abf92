"""Wealthfolio's CSV: its export of activities, and the layout documented for its import.

Source: afadil/wealthfolio, apps/frontend/src/lib/export-utils.ts (every cell is a JSON string: quotes are escaped by a
backslash, dates have quotes of their own, `assetId` is called symbol), apps/frontend/public/sample-import.csv and
wealthfolio.app/docs/guide/csv-import.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from auth_service.ledger.imports.amounts import currency, number, optional, plain
from auth_service.ledger.imports.days import Days, day_of
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, SkippedRowError, SourceRow
from auth_service.quoting import shortened
from ingestion.tickers import is_ticker

NAME, LABEL = "wealthfolio", "Wealthfolio"
HINT = "Settings → Exports → Activities → CSV"
REASONS = {
    "DIVIDEND": "dividends come with the prices; enter reinvested shares as a purchase",
    "SPLIT": "splits come with the prices",
}
UNKNOWN = "unknown kind; if it moves shares, enter it by hand"
TRANSFERS = {"TRANSFER_IN": "BUY", "ADD_HOLDING": "BUY", "TRANSFER_OUT": "SELL", "REMOVE_HOLDING": "SELL"}
WITHOUT_SHARES = {"DEPOSIT", "WITHDRAWAL", "INTEREST", "FEE", "TAX", "CREDIT", "CONVERSION_IN", "CONVERSION_OUT"}
COLUMNS = """
    date symbol instrumenttype quantity activitytype type unitprice currency fee amount fxrate subtype comment id
    accountid accountname accountcurrency assetid assetname assetsymbol createdat updatedat isdraft status
"""
KNOWN = set(COLUMNS.split())


def recognises(document: Document) -> bool:
    """It has the columns of the export or the import, with or without underscores."""
    header = {name.replace("_", "") for name in document.header}
    return header >= {"date", "symbol", "quantity", "unitprice", "currency"} and bool(header & {"activitytype", "type"})


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column.replace("_", "") in KNOWN


def records(document: Document) -> Iterator[Record]:
    """The rows; both legs of a transfer between one's own accounts are marked as such."""
    legs: dict[str, Counter[tuple[str, ...]]] = {kind: Counter() for kind in TRANSFERS}
    for record in _named(document):
        if _kind(record) in TRANSFERS:
            legs[_kind(record)][_moved(record)] += 1
    both = legs["TRANSFER_IN"] & legs["TRANSFER_OUT"]
    left = {kind: both.copy() for kind in TRANSFERS}
    moments = (_date(record) for record in _named(document) if _kind(record) in {"BUY", "SELL", *TRANSFERS})
    days = Days(moments, document.time_zone)
    for record in _named(document):
        mine = left.get(_kind(record), Counter())
        is_own = mine[_moved(record)] > 0
        mine[_moved(record)] -= is_own
        told = days.told(_date(record)) | {"own account": "yes" if is_own else ""}
        yield replace(record, cells={**record.cells, **told})


def read(record: Record) -> SourceRow:
    """The trade in one activity, including transfers at a price."""
    side, remarks = _side(record)
    return SourceRow(
        ticker=record["symbol"] if is_ticker(record["symbol"]) else record["assetsymbol"] or record["symbol"],
        side=side,
        quantity=plain(abs(number(record["quantity"]))),
        price=plain(abs(number(record["unitprice"]))),
        fees=plain(abs(optional(record["fee"]))),
        currency=currency(record["currency"]),
        trade_date=day_of(record),
        note=record["comment"],
        remarks=remarks,
    )


def _side(record: Record) -> tuple[str, tuple[str, ...]]:
    kind = _kind(record)
    if kind in {"BUY", "SELL"}:
        return kind, ()
    if kind not in TRANSFERS:
        told = shortened(kind) or "A row without a type"
        why = REASONS.get(kind) or ("no shares change" if kind in WITHOUT_SHARES else UNKNOWN)
        raise SkippedRowError(f"{told} is not a trade: {why}.")
    if record["symbol"].startswith("$CASH") or not record["symbol"]:
        raise SkippedRowError(f"{kind} of money is not a trade.")
    if record["own account"]:
        raise SkippedRowError(f"{kind} is not a trade: the file has both sides, so you kept the shares.")
    if not optional(record["unitprice"]):
        what = "a purchase, as you once bought them" if TRANSFERS[kind] == "BUY" else "a sale, at what they were worth"
        raise SkippedRowError(f"{kind} without a price: enter {what}.")
    return TRANSFERS[kind], (f"{kind}: imported as a trade at its price",)


def _kind(record: Record) -> str:
    return (record["activitytype"] or record["type"]).upper()


def _date(record: Record) -> str:
    return record["date"].strip('"')


def _moved(record: Record) -> tuple[str, ...]:
    return record["date"][:11], record["symbol"], record["quantity"].lstrip("-")


def _named(document: Document) -> Iterator[Record]:
    """The rows, under names without underscores."""
    for record in document.records(knows, escape="\\"):
        yield replace(record, cells={name.replace("_", ""): cell for name, cell in record.cells.items()})
