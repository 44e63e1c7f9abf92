"""Interactive Brokers' activity statement as CSV: sections whose rows begin with their name and Header or Data.

Source: ibkrguides.com (activity statements) and the excerpts of statements that other importers test with. Only English
statements are known. Sales have a negative quantity, costs are negative, quantities may have thousands separators.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from auth_service.imports.amounts import currency, number, optional, plain, year_first
from auth_service.imports.document import Document, named
from auth_service.imports.rows import Record, SkippedRowError, SourceRow

NAME, TITLE = "ib-statement", "Interactive Brokers' activity statement (CSV)"
TRADES, INSTRUMENTS = "Trades", "Financial Instrument Information"
NO_TRADES = {"Dividends", "Withholding Tax", "Interest", "Fees", "Deposits & Withdrawals", "Corporate Actions"} | {
    "Transfers",
    "Payment In Lieu Of Dividends",
    "Transaction Fees",
    "Sales Tax Details",
}


def recognises(document: Document) -> bool:
    return document.header[:2] in (["statement", "header"], ["trades", "header"])


def records(document: Document) -> Iterator[Record]:
    """The rows of sections that move something, with their section, and for trades the ISIN of their symbol."""
    names: dict[str, list[str]] = {}
    isins = _isins(document)
    detail = "Order" if f"{TRADES},Data,Order" in document.text else "Trade"
    for number_, (section, kind, *cells) in _sections(document):
        if kind == "Header":
            names[section] = [name.strip().lower() for name in cells]
        elif kind == "Data" and section in {TRADES, *NO_TRADES} and not cells[0].startswith("Total"):
            record = named(number_, names.get(section, []), cells)
            known = {"section": section, "isin": isins[record["symbol"]], "wanted detail": detail}
            yield Record(number_, {**record.cells, **known}, record.further if section == TRADES else ())


def read(record: Record) -> SourceRow:
    if record["section"] != TRADES:
        raise SkippedRowError(f"{record['section']} are no trades: {record['description'] or record['amount']}.")
    if record["datadiscriminator"] != record["wanted detail"]:
        raise SkippedRowError(f"{record['datadiscriminator']} repeats what is told by {record['wanted detail']}.")
    if not record["asset category"].startswith(("Stocks", "Mutual Funds", "ETFs")):
        raise SkippedRowError(f"{record['asset category'] or 'The row'} is no share or fund.")
    quantity = number(record["quantity"])
    charges = -optional(record["comm/fee"])
    return SourceRow(
        isin=record["isin"],
        broker_symbol=record["symbol"].replace(" ", "-"),
        side="SELL" if quantity < 0 else "BUY",
        quantity=plain(abs(quantity)),
        price=plain(number(record["t. price"])),
        fees=plain(max(charges, Decimal(0))),
        currency=currency(record["currency"]),
        trade_date=year_first(record["date/time"]),
        remarks=(f"a rebate of {plain(-charges)} is left out",) if charges < 0 else (),
    )


def _sections(document: Document) -> Iterator[tuple[int, list[str]]]:
    return ((number_, row) for number_, row in document.lines(",") if len(row) > 2)  # noqa: PLR2004  section, kind, a cell


def _isins(document: Document) -> defaultdict[str, str]:
    """The security's number of each symbol, out of the section that follows the trades."""
    isins: defaultdict[str, str] = defaultdict(str)
    names: list[str] = []
    for number_, (section, kind, *cells) in _sections(document):
        if section == INSTRUMENTS and kind == "Header":
            names = [name.strip().lower() for name in cells]
        elif section == INSTRUMENTS:
            record = named(number_, names, cells)
            isins |= {symbol.strip(): record["security id"] for symbol in record["symbol"].split(",")}
    return isins
