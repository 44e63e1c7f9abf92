"""Exports the ledger as a file, and imports a file into it: whole or not at all.

Importing a file twice adds nothing: of equal lines, only as many are added as the file has more of than the ledger. So
two equal fills in one file stay two.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from auth_service.database import Database, type_of_connection
from auth_service.errors import RefusedRowsError
from auth_service.ledger import accounts, rules, store
from auth_service.ledger.entry_types import TYPES
from auth_service.ledger.imports import macrofolio_csv
from auth_service.ledger.imports.account_names import AccountNames
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.formats import Format, format_of
from auth_service.ledger.imports.instructions import Instructions
from auth_service.ledger.imports.instruments import Instruments
from auth_service.ledger.imports.lines import COLUMNS_OF_ENTRIES, Line, Reader, checked_lines, kind_of
from auth_service.ledger.imports.notices import Notices
from auth_service.ledger.imports.schemas import ImportOptions
from auth_service.ledger.oversell import Shortfall
from auth_service.ledger.store import Selection
from auth_service.quoting import amount_text, shortened

LONGEST_REASON = 400  # characters


@dataclass(frozen=True)
class Upload:
    """A file as sent, with its instructions."""

    content: bytes
    instructions: Instructions = field(default_factory=Instructions)


@dataclass
class Culprits:
    """The file's trades of one position by day, to find the one that leaves a sale of the ledger uncovered."""

    days: list[date] = field(default_factory=list)
    last_line: list[int] = field(default_factory=list)  # up to each of the days
    last_sale: list[int] = field(default_factory=list)  # the same, 0 before the first

    def add(self, line: Line) -> None:
        """The next line, no earlier than the one before."""
        sale = line.number if line.entry.of_type == "SELL" else 0
        self.days.append(line.entry.trade_date)
        self.last_line.append(max([line.number, *self.last_line[-1:]]))
        self.last_sale.append(max([sale, *self.last_sale[-1:]]))

    def of(self, shortfall: Shortfall) -> int:
        """The file's last sale before the uncovered sale in the ledger, or else its last purchase.

        A purchase may cover what a later-found split had left uncovered, and so take from the sale after it.
        """
        place = bisect_right(self.days, shortfall.trade_date) - 1
        return self.last_sale[place] or self.last_line[place]


def export(database: Database, user_id: UUID) -> str:
    """All current transactions as our own CSV, oldest first."""
    with database.transaction(user_id) as connection:
        rows = store.page(connection, user_id, Selection(limit=None))
    _first, *others = accounts.listed(database, user_id)
    return macrofolio_csv.write(rows[::-1], {row["account_id"]: row["name"] for row in others})


def import_file(
    database: Database, user_id: UUID, upload: Upload, options: ImportOptions, most_rows: int
) -> dict[str, Any]:
    """Add the file's entries, all or none; with `dry_run` none, but everything is checked.

    Raises:
        InvalidRequestError: The format is unknown.
        RefusedRowsError: Some rows can't be imported; `fields` gives the reasons by line number.
        TooLargeError: There are more rows or tickers than allowed.
        UnavailableError: The provider is unavailable for a ticker or an ISIN; nothing was written.

    """
    document = Document(upload.content, upload.instructions.time_zone)
    source = format_of(document, options.format, upload.instructions)
    notices = Notices()
    names = AccountNames(accounts.listed(database, user_id), options.create_accounts)
    reader = Reader(source, Instruments(database, upload.instructions.symbols, user_id), names, notices)
    found = reader.read(document, most_rows)
    lines, problems = checked_lines(database, user_id, found, names, confirmed=options.confirm)
    with database.transaction(user_id) as connection:
        store.lock_positions(connection, user_id, {line.entry.ticker for line in lines})
        _hold_accounts(connection, user_id, lines, names)
        known_as = {name.upper(): ticker for name, ticker in upload.instructions.symbols.items()}
        added, remarks = _not_there_yet(connection, user_id, lines, _telling_columns(source), known_as)
        # Part of a file can't show whether its sales are covered.
        problems = problems or _add(connection, user_id, added)
        report = _report(lines, added, found.skipped, problems, remarks)
        if problems:
            raise _refusal(problems, report["rows"], notices.sentences())
        if options.dry_run:
            connection.rollback()
    return {"format": source.NAME, "dry_run": options.dry_run, "notices": notices.sentences(), **report}


def _hold_accounts(connection: type_of_connection, user_id: UUID, lines: list[Line], names: AccountNames) -> None:
    """Open what the import opens, and keep all of its accounts as they are until it is done."""
    names.open(connection, user_id)
    types = {(line.entry.account_id, line.entry.of_type) for line in lines}
    held = accounts.hold(connection, user_id, {account_id for account_id, _ in types})
    for account_id, of_type in types:
        accounts.refuse_unfit(held[account_id], TYPES[of_type])


def _telling_columns(source: Format) -> tuple[str, ...]:
    """What tells entries apart: of our own file everything; what stands beside a trade elsewhere is not the trade."""
    beside = set() if source.NAME == macrofolio_csv.NAME else {"note", "settlement_currency", "fx_rate", "taxes"}
    return tuple(name for name in COLUMNS_OF_ENTRIES if name not in beside)


def _not_there_yet(
    connection: type_of_connection, user_id: UUID, lines: list[Line], columns: tuple[str, ...], known_as: dict[str, str]
) -> tuple[list[Line], dict[int, str]]:
    """Lines the file has more of than the ledger, by kind; for those in the ledger under another ticker, that ticker.

    A symbol that is mapped to a new name may be in the ledger under its own name.
    """
    rows = store.page(connection, user_id, Selection(limit=None))
    there = Counter(kind_of(row, columns) for row in rows)
    renamed: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in (row for row in rows if known_as.get(row["ticker"], row["ticker"]) != row["ticker"]):
        renamed[kind_of(row | {"ticker": known_as[row["ticker"]]}, columns)].append(row["ticker"])
    missing, remarks = [], {}
    for line in lines:
        kind = kind_of(line.row(user_id), columns)
        if there[kind] > 0:
            there[kind] -= 1
        elif renamed.get(kind):
            remarks[line.number] = (
                f"already recorded as {renamed[kind].pop()}: rename that ticker to {line.entry.ticker}"
            )
        else:
            missing.append(line)
    return missing, remarks


def _add(connection: type_of_connection, user_id: UUID, lines: list[Line]) -> dict[int, str]:
    """Append the lines; returns those that leave a sale, in the file or the ledger, uncovered."""
    lines = _oldest_first(lines)
    tickers = {line.entry.ticker for line in lines}
    before = store.uncovered_sales(connection, user_id, tickers)
    versions = [rules.first_version(line.entry, line.currency) for line in lines]
    entries = store.add_versions(connection, user_id, versions)
    numbers = {entries[version["transaction_id"]]: line.number for version, line in zip(versions, lines, strict=True)}
    after = store.uncovered_sales(connection, user_id, tickers)
    broken = [shortfall for entry, shortfall in after.items() if entry not in before and entry not in numbers]
    problems = {
        numbers[entry]: _uncovered(shortfall, user_id) for entry, shortfall in after.items() if entry in numbers
    }
    culprits = _culprits(user_id, (line for line in lines if line.number not in problems))
    for shortfall in broken:  # of which one line of the file may have broken several
        position = shortfall.ticker, shortfall.account_id
        problems.setdefault(culprits[position].of(shortfall), _uncovered(shortfall, user_id))
    return problems


def _oldest_first(lines: list[Line]) -> list[Line]:
    """As they stand, or from the end of a file that begins with the newest: that order decides within a day."""
    days = [line.entry.trade_date for line in lines]
    return lines[::-1] if days == sorted(days, reverse=True) and len(set(days)) > 1 else lines


def _uncovered(shortfall: Shortfall, user_id: UUID) -> str:
    sold, held = amount_text(shortfall.quantity), amount_text(shortfall.held)
    where = rules.in_which(shortfall, user_id)
    return f"Sells {sold} {shortfall.ticker} on {shortfall.trade_date}, but only {held} held that day{where}."


def _culprits(user_id: UUID, lines: Iterable[Line]) -> dict[tuple[str | None, UUID | None], "Culprits"]:
    """By ticker and account; leaves out sales that are themselves uncovered."""
    found: defaultdict[tuple[str | None, UUID | None], Culprits] = defaultdict(Culprits)
    for line in sorted(lines, key=lambda line: line.entry.trade_date):
        if line.entry.entry_type.moves_units:
            found[line.entry.ticker, line.entry.account_id or user_id].add(line)
    return found


def _refusal(problems: dict[int, str], rows: list[dict[str, Any]], notices: list[str]) -> RefusedRowsError:
    first = min(problems)
    lines = "1 line has" if len(problems) == 1 else f"{len(problems)} lines have"
    return RefusedRowsError(
        f"Nothing was imported: {lines} problems. The first is line {first}: {problems[first]}",
        fields={str(number): problems[number] for number in sorted(problems)},
        rows=rows,
        notices=notices,
    )


def _report(
    lines: list[Line], added: list[Line], skipped: dict[int, str], problems: dict[int, str], remarks: dict[int, str]
) -> dict[str, Any]:
    """The number of rows for each outcome, and each row's outcome."""
    new = {line.number for line in added}
    told = {line.number: "; ".join((*line.remarks, *filter(None, [remarks.get(line.number)]))) for line in lines}
    outcomes = (
        {number: ("added" if number in new else "already_there", reason or None) for number, reason in told.items()}
        | {number: ("skipped", reason) for number, reason in skipped.items()}
        | {number: ("refused", problem) for number, problem in problems.items()}
    )
    return {
        "added": len(added),
        "already_there": len(lines) - len(added),
        "skipped": len(skipped),
        "rows": [
            {"line": number, "outcome": outcome, "reason": shortened(reason, LONGEST_REASON) if reason else None}
            for number, (outcome, reason) in sorted(outcomes.items())
        ],
    }
