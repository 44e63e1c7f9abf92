"""Ghostfolio's JSON export: amounts are floats, so more than 8 decimals are rounded, with a remark.

Source: ghostfolio/ghostfolio, apps/api/src/app/export/export.service.ts and test/import/ok/*.json. It writes Yahoo's
cryptocurrencies as BTCUSD; assets kept by hand (data source MANUAL) have no listing and so no price.
"""

from collections.abc import Iterator

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.amounts import currency, number, rounded
from auth_service.ledger.imports.days import Days, day_of
from auth_service.ledger.imports.document import MOST_UNKNOWN_COLUMNS, Document
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "ghostfolio", "Ghostfolio (JSON)"
HINT = "Portfolio → Activities → ⋮ → Export Activities (JSON)"
SIDES = ("BUY", "SELL")
COLUMNS = """
accountId accountName comment currency dataSource date fee feeInBaseCurrency id isDraft quantity symbol symbolProfileId
tags type unitPrice userId value valueInBaseCurrency createdAt updatedAt feeInAssetProfileCurrency
unitPriceInAssetProfileCurrency
"""
KNOWN = set(COLUMNS.split())
SHORTEST_CRYPTOCURRENCY = len("BTCUSD")


def recognises(document: Document) -> bool:
    """Only its export is JSON."""
    return document.is_json


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column in KNOWN


def records(document: Document) -> Iterator[Record]:
    """The activities, numbered from 1, with the days for their moments."""
    export = document.json()
    activities = export.get("activities") if isinstance(export, dict) else None
    if not isinstance(activities, list):
        raise InvalidRequestError('This is not a Ghostfolio export: it has no list "activities".')
    days = Days((str(activity.get("date")) for activity in activities if _is_trade(activity)), document.time_zone)
    for number_, activity in enumerate(activities, start=1):
        cells = activity.items() if isinstance(activity, dict) else ()
        texts = {name: cell for name, cell in cells if isinstance(cell, str)}
        others = {name: texts[name] for name in [*texts][:MOST_UNKNOWN_COLUMNS] if not knows(name)}
        told = days.told(texts.get("date", "")) if _is_trade(activity) else {}
        yield Record(number_, texts | told, others=others)


def read(record: Record) -> SourceRow:
    """The trade in one activity; float amounts are rounded to 8 decimals."""
    if not record.cells:
        raise RefusedRowError("This is not an activity.")
    kind = record["type"].upper()
    if kind not in SIDES:
        raise SkippedRowError(f"{shortened(kind) or 'An activity without a type'} is not a trade.")
    if record["dataSource"] == "MANUAL":
        raise SkippedRowError(f"{shortened(record['symbol'])} is a manual asset in Ghostfolio without a listing.")
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
        trade_date=day_of(record),
        note=record["comment"],
        remarks=tuple(remarks),
    )


def _is_trade(activity: object) -> bool:
    return isinstance(activity, dict) and str(activity.get("type")).upper() in SIDES


def yahoo_symbol(symbol: str, source: str) -> str:
    """Yahoo's spelling: BTC-USD for BTCUSD."""
    is_pair = source in {"YAHOO", ""} and symbol.endswith("USD") and symbol.isalnum()
    return f"{symbol[:-3]}-USD" if is_pair and len(symbol) >= SHORTEST_CRYPTOCURRENCY else symbol
