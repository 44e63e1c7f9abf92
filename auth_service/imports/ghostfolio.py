"""Ghostfolio's JSON export: amounts are floats, so more than 8 decimals are rounded and said so.

Source: ghostfolio/ghostfolio, apps/api/src/app/export/export.service.ts and test/import/ok/*.json. A cryptocurrency
of Yahoo is written BTCUSD there; assets kept by hand (data source MANUAL) have no listing and so no price.
"""

from collections.abc import Iterator

from auth_service.errors import InvalidRequestError
from auth_service.imports.amounts import currency, number, rounded, year_first
from auth_service.imports.document import Document
from auth_service.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow

NAME, TITLE = "ghostfolio", "Ghostfolio's JSON export"
SIDES = ("BUY", "SELL")
SHORTEST_CRYPTOCURRENCY = len("BTCUSD")


def recognises(document: Document) -> bool:
    return document.is_json


def records(document: Document) -> Iterator[Record]:
    """The activities, numbered from 1 on in their order."""
    export = document.json()
    activities = export.get("activities") if isinstance(export, dict) else None
    if not isinstance(activities, list):
        raise InvalidRequestError('The file is no export of Ghostfolio: it has no list "activities".')
    for number_, activity in enumerate(activities, start=1):
        cells = activity.items() if isinstance(activity, dict) else ()
        yield Record(number_, {name: cell for name, cell in cells if isinstance(cell, str)})


def read(record: Record) -> SourceRow:
    if not record.cells:
        raise RefusedRowError("It is no activity.")
    kind = record["type"].upper()
    if kind not in SIDES:
        raise SkippedRowError(f"{kind or 'An activity without a type'} is no trade.")
    if record["dataSource"] == "MANUAL":
        raise SkippedRowError(f"{record['symbol']} is kept by hand in Ghostfolio and has no listing.")
    remarks: list[str] = []
    quantity, price, fees = (
        rounded(name, number(record[cell] or "0", thousands=""), remarks)
        for name, cell in (("quantity", "quantity"), ("price", "unitPrice"), ("fees", "fee"))
    )
    return SourceRow(
        ticker=yahoo_symbol(record["symbol"], record["dataSource"]),
        side=kind,
        quantity=quantity,
        price=price,
        fees=fees,
        currency=currency(record["currency"]),
        trade_date=year_first(record["date"]),
        note=record["comment"],
        remarks=tuple(remarks),
    )


def yahoo_symbol(symbol: str, source: str) -> str:
    """BTCUSD is BTC-USD at Yahoo."""
    is_pair = source in {"YAHOO", ""} and symbol.endswith("USD") and symbol.isalnum()
    return f"{symbol[:-3]}-USD" if is_pair and len(symbol) >= SHORTEST_CRYPTOCURRENCY else symbol
