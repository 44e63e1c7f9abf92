"""Interactive Brokers' activity statement as CSV: each section's rows begin with its name and Header or Data.

Source: ibkrguides.com (activity statements) and the statement excerpts that other importers test with. Sales have a
negative quantity, costs are negative, quantities may have thousands separators.

Section and column names are in the account's language; Header, Data, DataDiscriminator and its values are not. Columns
without English names are identified by position: the date shows where they start, and proceeds that equal quantity
times price confirm it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.amounts import ISIN, agree, currency, number, optional, plain, product, year_first
from auth_service.ledger.imports.document import Document, Header
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "ib-statement", "Interactive Brokers, statement"
HINT = "Performance & Reports → Statements → Activity, as CSV"
DISCRIMINATOR = "datadiscriminator"
KNOWN = {DISCRIMINATOR, "asset category", "currency", "account", "symbol", "date/time", "exchange", "quantity"} | {
    *("t. price", "c. price", "proceeds", "comm/fee", "basis", "realized p/l", "realized p/l %", "mtm p/l", "code"),
}
TRADE_COLUMNS = {"asset category", "currency", "symbol", "date/time", "quantity", "t. price", "comm/fee"}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([,;T ].*)?")
CODE = re.compile(r"[A-Z]{3}")
PAIR = re.compile(r"[A-Z]{3}\.[A-Z]{3}")
# English, German, French, Spanish, Italian, Portuguese, Dutch, some others; some add the custodian after a hyphen.
SHARES = {"stocks", "mutual funds", "etfs", "aktien", "investmentfonds", "fonds", "actions", "fonds communs"} | {
    *("acciones", "fondos de inversión", "fondos", "azioni", "fondi comuni", "fondi", "ações", "fundos", "aandelen"),
    *("akcje", "részvények", "акции", "股票", "株式"),
}
NO_SHARES = {"forex", "equity and index options", "options on futures", "futures", "bonds", "warrants", "cfds"} | {
    *("devisen", "aktien- und indexoptionen", "anleihen", "divisas", "devises", "obligations", "obbligazioni", "bonos"),
}


def recognises(document: Document) -> bool:
    """Each row starts with its section and its kind."""
    header = document.header
    return header[1:2] == ["header"] and (header[0] in {"statement", "trades"} or header[2:3] == [DISCRIMINATOR])


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column in KNOWN


def records(document: Document) -> Iterator[Record]:
    """The trades, with their symbols' ISINs, and every row in another section that reports money on a day.

    Raises:
        InvalidRequestError: The statement has neither.

    """
    isins, is_empty = _isins(document), True
    for record in _told(document, isins):
        is_empty = False
        yield record
    if is_empty:
        sections = dict.fromkeys(section for _, (section, *_) in _sections(document))
        raise InvalidRequestError(
            f"The statement has no trades or other readable rows. Its sections are "
            f"{', '.join(shortened(section) for section in [*sections][:20])}. Export a statement for a period with "
            "trades, in English if possible."
        )


def read(record: Record) -> SourceRow:
    """The trade in a row of the trades section; rows of other sections are skipped or refused by name."""
    if not record[DISCRIMINATOR]:
        raise SkippedRowError(f"{shortened(record['section'])} are not trades: {shortened(record['told'])}.")
    if record[DISCRIMINATOR] != record["wanted detail"]:
        raise SkippedRowError(f"{shortened(record[DISCRIMINATOR])} repeats a row of {record['wanted detail']}.")
    _refuse_what_is_no_share(record)
    quantity, price = number(record["quantity"]), number(record["t. price"])
    if not agree(product(quantity, price), number(record["proceeds"] or "0"), quantity):
        raise RefusedRowError("Quantity times price is not the proceeds. These columns are not supported.")
    charges = -optional(record["comm/fee"])
    return SourceRow(
        isin=record["isin"],
        broker_symbol=record["symbol"].replace(" ", "-"),
        side="SELL" if quantity < 0 else "BUY",
        quantity=plain(abs(quantity)),
        price=plain(price),
        fees=plain(max(charges, Decimal(0))),
        currency=currency(record["currency"]),
        trade_date=year_first(record["date/time"]),
        remarks=(f"a rebate of {plain(-charges)} was ignored",) if charges < 0 else (),
    )


def _refuse_what_is_no_share(record: Record) -> None:
    kind = record["asset category"]
    bare = kind.lower().partition(" - ")[0]
    if bare in SHARES:
        return
    if bare in NO_SHARES or not kind or PAIR.fullmatch(record["symbol"]):
        raise SkippedRowError(f"{shortened(kind) or 'The row'} is not a share or fund.")
    raise RefusedRowError(f"{shortened(kind)!r} is an unknown kind of asset. Export the statement in English.")


def _told(document: Document, isins: Mapping[str, str]) -> Iterator[Record]:
    headers: dict[str, list[str]] = {}
    has_orders = any(kind == "Data" and cells[0] == "Order" for _, (_, kind, *cells) in _sections(document))
    for number_, (section, kind, *cells) in _sections(document):
        if kind == "Header":
            headers[section] = cells
        elif kind == "Data" and headers.get(section, [""])[0].strip().lower() == DISCRIMINATOR:
            record = _trade(number_, headers[section], cells)
            known = {"section": section, "wanted detail": "Order" if has_orders else "Trade"}
            isin = isins.get(record["symbol"], "")
            yield Record(number_, {**record.cells, **known, "isin": isin}, record.further, record.others)
        elif kind == "Data" and any(map(CODE.fullmatch, cells)) and any(map(DAY.fullmatch, cells)):
            yield Record(number_, {"section": section, "told": _description(cells)})


def _trade(number_: int, names: list[str], cells: list[str]) -> Record:
    header = Header(names, knows)
    is_english = set(header.names) >= TRADE_COLUMNS
    return header.record(number_, cells) if is_english else Record(number_, _by_place(cells))


def _by_place(cells: list[str]) -> dict[str, str]:
    """The columns of a statement in any language, found around the date; the exchange may be missing."""
    kind, category, code, *_ = (*cells, "", "", "")
    found = {DISCRIMINATOR: kind, "asset category": category, "currency": code}
    date = next((place for place, cell in enumerate(cells) if DAY.fullmatch(cell)), None)
    if date is None:
        return found
    quantity = date + 1 if _is_number(cells[date + 1 : date + 2]) else date + 2
    names = {date - 1: "symbol", date: "date/time", quantity: "quantity", quantity + 1: "t. price"}
    found |= {name: cells[place] for place, name in names.items() if place < len(cells)}
    # The close follows the price, if there is one.
    for place in (quantity + 3, quantity + 2):
        if _is_number(cells[place : place + 1]) and _is_number([found.get("quantity", ""), found.get("t. price", "")]):
            traded = product(number(found["quantity"]), number(found["t. price"]))
            if agree(traded, number(cells[place]), number(found["quantity"])):
                fee = cells[place + 1] if place + 1 < len(cells) else ""
                return found | {"proceeds": cells[place], "comm/fee": fee}
    return found


def _is_number(cells: list[str]) -> bool:
    try:
        return bool(cells) and all(number(cell.strip()) is not None for cell in cells)
    except RefusedRowError:
        return False


def _description(cells: list[str]) -> str:
    """The most descriptive cell of a row: the longest."""
    return max(cells, key=len)


def _sections(document: Document) -> Iterator[tuple[int, list[str]]]:
    return ((number_, row) for number_, row in document.lines(",") if len(row) > 2)  # noqa: PLR2004  section, kind, a cell


def _isins(document: Document) -> defaultdict[str, str]:
    """Each symbol's ISIN, from the section of instruments: kind, symbols, …, number, …"""
    isins: defaultdict[str, str] = defaultdict(str)
    for _, (_, kind, _, symbols, *cells) in ((n, row) for n, row in _sections(document) if len(row) > 4):  # noqa: PLR2004
        isin = next(filter(ISIN.fullmatch, cells), None)
        if kind == "Data" and isin:
            isins |= {symbol.strip(): isin for symbol in symbols.split(",")}
    return isins
