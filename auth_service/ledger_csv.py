"""The ledger as a CSV file: out, and in again; what goes out comes back unchanged.

A file is imported whole or not at all. Importing it twice adds nothing: of each kind of line only as many are added as
the ledger has fewer than the file, so two equal fills in one file stay two.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from auth_service import ledger, ledger_store, listings
from auth_service.database import database, type_of_connection
from auth_service.errors import InvalidRequestError, TooLargeError
from auth_service.ledger_store import Selection, quantity_text
from auth_service.positions import Shortfall
from auth_service.schemas.strict import write_amount
from auth_service.schemas.trades import Trade
from ingestion.prices import TickerInfo

COLUMNS = ("ticker", "side", "quantity", "price", "fees", "currency", "trade_date", "note")
REQUIRED = {"ticker", "side", "quantity", "price", "trade_date"}

# Spreadsheets run cells that start so; an apostrophe before them keeps them text, and is taken away on the way back.
FORMULA_STARTS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"  # the last four are full-width = + - @
RUNS_AS_FORMULA = re.compile(f"'*{FORMULA_STARTS}")
KEPT_AS_TEXT = re.compile(f"'+{FORMULA_STARTS}")


@dataclass(frozen=True)
class Line:
    """One trade and where in the file it stands."""

    number: int
    trade: Trade
    currency: str

    @property
    def kind(self) -> tuple[Any, ...]:
        """Lines of one kind are equal fills."""
        trade = self.trade
        return tuple(vars(trade)[name] if name != "currency" else self.currency for name in COLUMNS)


def export(user_id: UUID) -> str:
    """All present transactions, oldest first."""
    with database().transaction(user_id) as connection:
        rows = ledger_store.page(connection, user_id, Selection(limit=None))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in reversed(rows):
        amounts = {name: write_amount(row[name]) for name in ("quantity", "price", "fees")}
        note = row["note"] or ""
        shown = row | amounts | {"note": f"'{note}" if RUNS_AS_FORMULA.match(note) else note}
        writer.writerow([shown[name] for name in COLUMNS])
    return text.getvalue()


def import_file(
    user_id: UUID, content: bytes, *, dry_run: bool, confirmed: bool, most_rows: int
) -> dict[str, int | bool]:
    """Add the file's trades, all or none; with `dry_run` none, but everything is checked.

    Raises:
        InvalidRequestError: Some lines cannot be taken; `fields` says why for each by its number.
        TooLargeError: More lines than are taken at once.
        UnavailableError: An unseen ticker's provider cannot be asked; nothing was written.

    """
    lines = _checked_lines(content, most_rows, confirmed=confirmed)
    with database().transaction(user_id) as connection:
        ledger_store.lock_positions(connection, user_id, {line.trade.ticker for line in lines})
        added = _not_there_yet(connection, user_id, lines)
        _add(connection, user_id, added)
        if dry_run:
            connection.rollback()
    return {"added": len(added), "already_there": len(lines) - len(added), "dry_run": dry_run}


def _checked_lines(content: bytes, most_rows: int, *, confirmed: bool) -> list[Line]:
    trades, problems = _parse(content, most_rows)
    listed = _listings({trade.ticker for trade in trades.values()})
    ranges = dict(zip(trades, listings.ranges_near(list(trades.values())), strict=True))
    lines = []
    for number, trade in trades.items():
        try:
            currency = _check(trade, listed[trade.ticker], None if confirmed else ranges[number])
        except InvalidRequestError as refusal:
            problems[number] = refusal.message
        else:
            lines.append(Line(number, trade, currency))
    _refuse(problems)
    return lines


def _check(trade: Trade, listed: TickerInfo | InvalidRequestError, traded: listings.Range | None) -> str:
    if isinstance(listed, InvalidRequestError):
        raise listed
    listings.refuse_future(trade, listed)
    listings.refuse_implausible(trade, traded)
    return listings.currency_on(trade, listed)


def _listings(tickers: set[str]) -> dict[str, TickerInfo | InvalidRequestError]:
    """Each ticker's listing, or why it has none."""
    found: dict[str, TickerInfo | InvalidRequestError] = {}
    for ticker in sorted(tickers):
        try:
            found[ticker] = listings.listing_with_history(ticker)
        except InvalidRequestError as refusal:
            found[ticker] = refusal
    return found


def _parse(content: bytes, most_rows: int) -> tuple[dict[int, Trade], dict[int, str]]:
    """The trades and the problems, each by the number of its line."""
    trades: dict[int, Trade] = {}
    problems: dict[int, str] = {}
    for number, cells in _rows(content):
        if len(trades) + len(problems) >= most_rows:
            raise TooLargeError(f"A file may have {most_rows} trades at most. Split it into several files.")
        note = cells.get("note", "")
        cells["note"] = note[1:] if KEPT_AS_TEXT.match(note) else note
        try:
            trades[number] = Trade.model_validate({name: cell for name, cell in cells.items() if cell != ""})
        except ValidationError as refusal:
            problems[number] = "; ".join(
                f"{reason['loc'][0]}: {reason['msg'].removeprefix('Value error, ')}" for reason in refusal.errors()
            )
    return trades, problems


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of the line it starts on, by the header's names."""
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        number = reader.line_num + 1
        for row in reader:
            if row:
                cells = dict(zip(header, row, strict=False))
                if len(row) > len(header):
                    cells["further cells"] = ",".join(row[len(header) :])  # the schema refuses what it does not know
                yield number, cells
            number = reader.line_num + 1
    except UnicodeDecodeError as failure:
        raise InvalidRequestError(f"The file is not UTF-8 text: byte {failure.start} cannot be read.") from failure
    except csv.Error as failure:
        raise InvalidRequestError(f"The file is not CSV: line {reader.line_num}: {failure}.") from failure


def _check_header(header: list[str]) -> None:
    missing, unknown = REQUIRED - set(header), set(header) - set(COLUMNS)
    if missing or unknown or len(set(header)) != len(header):
        raise InvalidRequestError(
            f"The first line must name the columns {', '.join(COLUMNS)} (fees, currency and note may be left out). "
            f"Missing: {', '.join(sorted(missing)) or 'none'}; not known: {', '.join(sorted(unknown)) or 'none'}."
        )


def _not_there_yet(connection: type_of_connection, user_id: UUID, lines: list[Line]) -> list[Line]:
    """What the file has more of than the ledger, kind by kind."""
    rows = ledger_store.page(connection, user_id, Selection(limit=None))
    there = Counter(tuple(row[name] for name in COLUMNS) for row in rows)
    missing = []
    for line in lines:
        if there[line.kind] > 0:
            there[line.kind] -= 1
        else:
            missing.append(line)
    return missing


def _add(connection: type_of_connection, user_id: UUID, lines: list[Line]) -> None:
    """Append the lines; refuse them when a sale, of the file or of the ledger, is not covered any more."""
    tickers = {line.trade.ticker for line in lines}
    before = ledger_store.uncovered_sales(connection, user_id, tickers)
    numbers: dict[int, int] = {}
    for line in lines:
        row = ledger_store.add_version(connection, user_id, ledger.first_version(line.trade, line.currency))
        numbers[row["entry_number"]] = line.number
    after = ledger_store.uncovered_sales(connection, user_id, tickers)
    broken = [shortfall for entry, shortfall in after.items() if entry not in before and entry not in numbers]
    problems = {numbers[entry]: _uncovered(shortfall) for entry, shortfall in after.items() if entry in numbers}
    for shortfall in broken:
        problems[_culprit(lines, shortfall, problems)] = _uncovered(shortfall)
    _refuse(problems)


def _uncovered(shortfall: Shortfall) -> str:
    sold, held = quantity_text(shortfall.quantity), quantity_text(shortfall.held)
    return f"{sold} {shortfall.ticker} are sold on {shortfall.trade_date}, but {held} held that day."


def _culprit(lines: list[Line], shortfall: Shortfall, uncovered: Container[int]) -> int:
    """The file's last covered sale before a sale of the ledger that it leaves uncovered."""
    return max(
        line.number
        for line in lines
        if line.number not in uncovered
        and line.trade.ticker == shortfall.ticker
        and line.trade.side == "SELL"
        and line.trade.trade_date <= shortfall.trade_date
    )


def _refuse(problems: dict[int, str]) -> None:
    if problems:
        first = min(problems)
        raise InvalidRequestError(
            f"Nothing was imported: {len(problems)} of the lines cannot be taken. "
            f"The first is line {first}: {problems[first]}",
            fields={str(number): problems[number] for number in sorted(problems)},
        )
