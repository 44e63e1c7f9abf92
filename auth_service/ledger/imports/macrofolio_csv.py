"""Our own CSV: the export writes it and the import reads it back unchanged."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, SourceRow
from auth_service.strict_schemas import write_amount

NAME, LABEL = "macrofolio", "Macrofolio"
HINT = "Ledger → Export CSV"
COLUMNS = (
    *("ticker", "side", "quantity", "price", "fees", "currency"),
    *("settlement_currency", "fx_rate", "trade_date", "note"),
)
AMOUNTS = ("quantity", "price", "fees", "fx_rate")
NEEDED = ("ticker", "side", "quantity", "price", "trade_date")
REQUIRED = set(NEEDED)

# Spreadsheets execute cells that start this way, after any blank or invisible character, in any width or size; an
# apostrophe before them keeps them text, and the import removes it.
BASIC_PLANE = [chr(number) for number in range(0x10000)]
SIGNS = "".join(sign for sign in BASIC_PLANE if unicodedata.normalize("NFKC", sign) in {"=", "+", "-", "@"}) + "\u2212"
UNSEEN = "".join(sign for sign in BASIC_PLANE if unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp", "Zs"})
FORMULA_STARTS = f"(?:[{re.escape(UNSEEN)}]*[{re.escape(SIGNS)}]|[\\t\\r\\n])"
RUNS_AS_FORMULA = re.compile(f"'*{FORMULA_STARTS}")
KEPT_AS_TEXT = re.compile(f"'+{FORMULA_STARTS}")


def recognises(document: Document) -> bool:
    """It has every column a trade needs."""
    return set(document.header) >= REQUIRED


def knows(column: str) -> bool:
    """True for one of our columns, in lower case."""
    return column in COLUMNS


def records(document: Document) -> Iterator[Record]:
    """The rows, once the header has been checked."""
    header = [name for name in document.header if name]
    missing, unknown = REQUIRED - set(header), set(header) - set(COLUMNS)
    if missing or unknown or len(set(header)) != len(header):
        raise InvalidRequestError(
            f"The first line must name the columns {', '.join(COLUMNS)} (only {', '.join(NEEDED)} are required). "
            f"Missing: {', '.join(sorted(missing)) or 'none'}; unknown: {', '.join(sorted(unknown)) or 'none'}."
        )
    return document.records(knows)


def read(record: Record) -> SourceRow:
    """The row as the export wrote it."""
    note = record.cells.get("note", "")
    return SourceRow(
        ticker=record.cells.get("ticker", ""),
        side=record.cells.get("side", ""),
        quantity=record.cells.get("quantity", ""),
        price=record.cells.get("price", ""),
        fees=record.cells.get("fees", ""),
        currency=record.cells.get("currency", ""),
        trade_date=record.cells.get("trade_date", ""),
        note=note[1:] if KEPT_AS_TEXT.match(note) else note,
        settlement_currency=record.cells.get("settlement_currency", ""),
        fx_rate=record.cells.get("fx_rate", ""),
    )


def write(transactions: Iterable[dict[str, Any]]) -> str:
    """The file with these transactions, in order."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in transactions:
        amounts = {name: write_amount(row[name]) for name in AMOUNTS if row[name] is not None}
        note = row["note"] or ""
        shown = row | amounts | {"note": f"'{note}" if RUNS_AS_FORMULA.match(note) else note}
        writer.writerow([shown[name] for name in COLUMNS])
    return text.getvalue()
