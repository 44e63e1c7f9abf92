"""Wealthfolio's CSV: its export of activities, and the layout its import documents.

Source: afadil/wealthfolio, apps/frontend/src/lib/export-utils.ts (every cell is a JSON string: quotes are escaped by a
backslash, dates carry quotes of their own, `assetId` is called symbol), apps/frontend/public/sample-import.csv and
wealthfolio.app/docs/guide/csv-import.
"""

from collections.abc import Iterator

from auth_service.imports.amounts import currency, number, optional, plain, year_first
from auth_service.imports.document import Document
from auth_service.imports.rows import Record, SkippedRowError, SourceRow
from ingestion.tickers import is_ticker

NAME, TITLE = "wealthfolio", "Wealthfolio's CSV"
REASONS = {
    "DIVIDEND": "dividends come with the prices; reinvested shares are to be entered as a purchase",
    "SPLIT": "splits come with the prices",
    "TRANSFER_IN": "it moves shares or money between accounts",
    "TRANSFER_OUT": "it moves shares or money between accounts",
}


def recognises(document: Document) -> bool:
    header = {name.replace("_", "") for name in document.header}
    return header >= {"date", "symbol", "quantity", "unitprice", "currency"} and bool(header & {"activitytype", "type"})


def records(document: Document) -> Iterator[Record]:
    for record in document.records(escape="\\"):
        cells = {name.replace("_", ""): cell for name, cell in record.cells.items()}
        yield Record(record.number, cells, record.further)


def read(record: Record) -> SourceRow:
    kind = (record["activitytype"] or record["type"]).upper()
    if kind not in {"BUY", "SELL"}:
        raise SkippedRowError(f"{kind or 'A row without a type'} is no trade: {REASONS.get(kind, 'no shares change')}.")
    return SourceRow(
        ticker=record["symbol"] if is_ticker(record["symbol"]) else record["assetsymbol"] or record["symbol"],
        side=kind,
        quantity=plain(abs(number(record["quantity"]))),
        price=plain(abs(number(record["unitprice"]))),
        fees=plain(abs(optional(record["fee"]))),
        currency=currency(record["currency"]),
        trade_date=year_first(record["date"].strip('"')),
        note=record["comment"],
    )
