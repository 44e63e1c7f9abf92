"""Our own CSV: the export writes it and the import reads it back unchanged."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, SourceRow
from auth_service.strict_schemas import write_amount

NAME, LABEL = "macrofolio", "Macrofolio"
HINT = "Ledger → Export CSV"
COLUMNS_OF_TRADES = (
    *("ticker", "side", "quantity", "price", "fees", "currency"),
    *("settlement_currency", "fx_rate", "trade_date", "note"),
)
# Written only where a ledger needs them, so that one of trades in the first account looks as it always did.
LATER_COLUMNS = ("account", "type", "amount", "taxes")
COLUMNS = COLUMNS_OF_TRADES + LATER_COLUMNS
AMOUNTS = ("quantity", "price", "fees", "fx_rate", "amount", "taxes")
TEXTS = ("note", "account")
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
    cells = {name: _read(record, name) for name in COLUMNS}
    return SourceRow(
        ticker=cells["ticker"],
        side=cells["side"],
        quantity=cells["quantity"],
        price=cells["price"],
        fees=cells["fees"],
        currency=cells["currency"],
        settlement_currency=cells["settlement_currency"],
        fx_rate=cells["fx_rate"],
        trade_date=cells["trade_date"],
        note=cells["note"],
        account=cells["account"],
        type=cells["type"],
        amount=cells["amount"],
        taxes=cells["taxes"],
    )


def write(transactions: Sequence[dict[str, Any]], accounts: Mapping[UUID, str]) -> str:
    """The file with these transactions in their order.

    Args:
        transactions: The ledger's rows.
        accounts: The names of the accounts but the first, which has none in a file: so its rows go to the first account
            of whoever imports them.

    """
    needs_all = any(row["account_id"] in accounts or row["side"] is None or row["taxes"] for row in transactions)
    columns = COLUMNS if needs_all else COLUMNS_OF_TRADES
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in transactions:
        amounts = {name: write_amount(row[name]) for name in AMOUNTS if row[name] is not None}
        texts = {"note": row["note"] or "", "account": accounts.get(row["account_id"], "")}
        kept = {name: f"'{told}" if RUNS_AS_FORMULA.match(told) else told for name, told in texts.items()}
        shown = row | amounts | kept
        writer.writerow([shown[name] for name in columns])
    return text.getvalue()


def _read(record: Record, column: str) -> str:
    cell = record.cells.get(column, "")
    return cell[1:] if column in TEXTS and KEPT_AS_TEXT.match(cell) else cell
