"""The ledger out as a file, and a file into the ledger: whole or not at all.

Importing a file twice adds nothing: of each kind of line only as many are added as the ledger has fewer than the file,
so two equal fills in one file stay two.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from auth_service.database import Database, type_of_connection
from auth_service.errors import InvalidRequestError, RefusedRowsError, TooLargeError
from auth_service.ledger import rules, settlements, store, trade_checks
from auth_service.ledger.imports import macrofolio_csv
from auth_service.ledger.imports.amounts import hundredths, plain
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.formats import Format, format_of
from auth_service.ledger.imports.instructions import Instructions
from auth_service.ledger.imports.instruments import Instruments
from auth_service.ledger.imports.money import shown
from auth_service.ledger.imports.notices import Notices
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.ledger.imports.schemas import ImportOptions
from auth_service.ledger.oversell import Shortfall
from auth_service.ledger.schemas import Trade
from auth_service.ledger.store import Selection
from auth_service.quoting import amount_text, shortened
from auth_service.strict_schemas import AMOUNT
from ingestion.prices.price_refresh import TickerInfo

MOST_TICKERS = 1000
LONGEST_REASON = 400  # characters


@dataclass(frozen=True)
class Upload:
    """A file as it was sent, and what was said along with it."""

    content: bytes
    instructions: Instructions = field(default_factory=Instructions)


@dataclass(frozen=True)
class Line:
    """One trade, where in the file it stands, and what was changed on the way."""

    number: int
    trade: Trade
    currency: str
    remarks: tuple[str, ...]

    def kind(self, columns: Iterable[str]) -> tuple[Any, ...]:
        """Lines of one kind are equal fills."""
        return tuple(getattr(self.trade, name) if name != "currency" else self.currency for name in columns)


@dataclass
class Culprits:
    """The file's lines of one ticker by day, to find the one that leaves a sale of the ledger uncovered."""

    days: list[date] = field(default_factory=list)
    last_line: list[int] = field(default_factory=list)  # up to each of the days
    last_sale: list[int] = field(default_factory=list)  # the same, 0 before the first

    def add(self, line: Line) -> None:
        """The next line, no earlier than the one before."""
        sale = line.number if line.trade.side == "SELL" else 0
        self.days.append(line.trade.trade_date)
        self.last_line.append(max([line.number, *self.last_line[-1:]]))
        self.last_sale.append(max([sale, *self.last_sale[-1:]]))

    def of(self, shortfall: Shortfall) -> int:
        """The last sale before a sale of the ledger that it leaves uncovered, or else the last purchase.

        A purchase may cover what a split found later had left uncovered, and so take from the sale after it.
        """
        place = bisect_right(self.days, shortfall.trade_date) - 1
        return self.last_sale[place] or self.last_line[place]


@dataclass
class Findings:
    """What is found of the rows, each by the number of its line."""

    trades: dict[int, tuple[Trade, SourceRow]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def export(database: Database, user_id: UUID) -> str:
    """All present transactions as our own CSV, oldest first."""
    with database.transaction(user_id) as connection:
        rows = store.page(connection, user_id, Selection(limit=None))
    return macrofolio_csv.write(reversed(rows))


def import_file(
    database: Database, user_id: UUID, upload: Upload, options: ImportOptions, most_rows: int
) -> dict[str, Any]:
    """Add the file's trades, all or none; with `dry_run` none, but everything is checked.

    Raises:
        InvalidRequestError: The format is not known.
        RefusedRowsError: Rows cannot be taken; `fields` says why by their numbers.
        TooLargeError: More rows or tickers than are taken at once.
        UnavailableError: The provider cannot be asked about a ticker or an ISIN; nothing was written.

    """
    document = Document(upload.content, upload.instructions.time_zone)
    source = format_of(document, options.format, upload.instructions)
    notices = Notices()
    found = _read(document, source, Instruments(database, upload.instructions.symbols, user_id), most_rows, notices)
    lines, problems = _checked_lines(database, user_id, found, confirmed=options.confirm)
    with database.transaction(user_id) as connection:
        store.lock_positions(connection, user_id, {line.trade.ticker for line in lines})
        known_as = {name.upper(): ticker for name, ticker in upload.instructions.symbols.items()}
        added, remarks = _not_there_yet(connection, user_id, lines, _telling_columns(source), known_as)
        # Of part of a file nobody can say whether its sales are covered.
        problems = problems or _add(connection, user_id, added)
        report = _report(lines, added, found.skipped, problems, remarks)
        if problems:
            raise _refusal(problems, report["rows"], notices.sentences())
        if options.dry_run:
            connection.rollback()
    return {"format": source.NAME, "dry_run": options.dry_run, "notices": notices.sentences(), **report}


def _read(document: Document, source: Format, instruments: Instruments, most_rows: int, notices: Notices) -> Findings:
    """What every row is: a trade, none, or one that cannot be taken."""
    found = Findings()
    for count, record in enumerate(source.records(document), start=1):
        if count > most_rows:
            raise TooLargeError(f"A file may have {most_rows} rows at most. Split it into several files.")
        notices.see(record)
        try:
            row = source.read(_whole(record))
            found.trades[record.number] = _trade(row, instruments.ticker(row)), row
            notices.see_trade(record, row)
        except SkippedRowError as reason:
            found.skipped[record.number] = str(reason)
        except RefusedRowError as reason:
            found.problems[record.number] = str(reason)
    return found


def _whole(record: Record) -> Record:
    if record.further:
        raise RefusedRowError(f"It has more cells than the first line names: {', '.join(record.further)[:80]}.")
    return record


def _trade(row: SourceRow, ticker: str) -> Trade:
    given = {name: getattr(row, name) for name in macrofolio_csv.COLUMNS} | {"ticker": ticker}
    try:
        return Trade.model_validate({name: cell for name, cell in given.items() if cell != ""})
    except ValidationError as refusal:
        raise RefusedRowError(
            "; ".join(f"{reason['loc'][0]}: {reason['msg']}" for reason in refusal.errors())
        ) from refusal


def _checked_lines(
    database: Database, user_id: UUID, found: Findings, *, confirmed: bool
) -> tuple[list[Line], dict[int, str]]:
    """The lines that can be taken, and why others cannot."""
    trades = [trade for trade, _ in found.trades.values()]
    listed = _listings(database, user_id, {trade.ticker for trade in trades})
    ranges = {} if confirmed else dict(zip(found.trades, trade_checks.ranges_near(database, trades), strict=True))
    lines, problems = [], dict(found.problems)
    for number, (trade, row) in found.trades.items():
        line, traded = Line(number, trade, "", row.remarks), ranges.get(number)
        try:
            _refuse_other_currencies(row, trade, listed[trade.ticker])
            lines.append(_checked_line(line, listed[trade.ticker], traded))
        except InvalidRequestError as refusal:
            problems[number] = refusal.message
    if not confirmed:
        problems |= _unlike_rates(database, lines)
    return lines, problems


def _unlike_rates(database: Database, lines: list[Line]) -> dict[int, str]:
    """The lines whose own exchange rate is far from what is known of their day."""
    problems = {}
    known = settlements.known_rates(database, [(line.trade, line.currency) for line in lines])
    for line, rate in zip(lines, known, strict=True):
        try:
            settlements.refuse_unlike_rate(line.trade, line.currency, rate)
        except InvalidRequestError as refusal:
            problems[line.number] = refusal.message
    return problems


def _checked_line(line: Line, listed: TickerInfo | InvalidRequestError, traded: trade_checks.Range | None) -> Line:
    """The line in its listing's currency, its date and price found plausible."""
    if isinstance(listed, InvalidRequestError):
        raise listed
    trade, remarks = _in_currency_of(listed, line.trade)
    currency = trade_checks.currency_on(trade, listed)
    trade_checks.refuse_future(trade, listed)
    trade_checks.refuse_implausible(trade, traded)
    settlements.refuse_half_a_settlement(trade, currency)
    return Line(line.number, trade, currency, line.remarks + remarks)


def _refuse_other_currencies(row: SourceRow, trade: Trade, listed: TickerInfo | InvalidRequestError) -> None:
    """Refuse amounts that stand beside the sign of another currency than the listing's."""
    if isinstance(listed, InvalidRequestError):
        return
    for what, currencies in row.units:
        if (trade.currency or listed.currency) not in currencies:
            raise InvalidRequestError(
                f"{what} is in {shown(currencies)}, and {trade.ticker} is quoted in {listed.currency}. Convert it, or "
                f"choose the listing that trades in that currency."
            )


def _in_currency_of(listed: TickerInfo, trade: Trade) -> tuple[Trade, tuple[str, ...]]:
    """Pounds as pence, or pence as pounds, where the listing is in the other; other currencies as they are."""
    factor = hundredths(trade.currency, listed.currency) if trade.currency else None
    if factor is None or factor == 1:
        return trade, ()
    changed = {name: plain(getattr(trade, name) * factor) for name in ("price", "fees")}
    if not all(AMOUNT.are_in(digits) for digits in changed.values()):
        raise InvalidRequestError(f"In {listed.currency}, price or fees have more digits than a ledger keeps.")
    remark = f"price and fees converted from {trade.currency} to {listed.currency}"
    amounts = {name: Decimal(digits) for name, digits in changed.items()}
    return trade.model_copy(update={"currency": listed.currency, **amounts}), (remark,)


def _listings(database: Database, user_id: UUID, tickers: set[str]) -> dict[str, TickerInfo | InvalidRequestError]:
    """Each ticker's listing, or why it has none."""
    if len(tickers) > MOST_TICKERS:
        raise TooLargeError(f"The file names {len(tickers)} tickers; {MOST_TICKERS} are taken at most. Split it.")
    found: dict[str, TickerInfo | InvalidRequestError] = {}
    for ticker in sorted(tickers):
        try:
            found[ticker] = trade_checks.listing_with_history(database, ticker, user_id)
        except InvalidRequestError as refusal:
            found[ticker] = refusal
    return found


def _telling_columns(source: Format) -> tuple[str, ...]:
    """What tells trades apart: of our own file everything; what stands beside a trade elsewhere is not the trade."""
    beside = {"note", "settlement_currency", "fx_rate"}
    return (
        macrofolio_csv.COLUMNS
        if source.NAME == macrofolio_csv.NAME
        else tuple(name for name in macrofolio_csv.COLUMNS if name not in beside)
    )


def _not_there_yet(
    connection: type_of_connection, user_id: UUID, lines: list[Line], columns: tuple[str, ...], known_as: dict[str, str]
) -> tuple[list[Line], dict[int, str]]:
    """What the file has more of than the ledger, kind by kind; and of what the ledger has under another ticker, which.

    What symbols call otherwise may be in the ledger under that very name.
    """
    rows = store.page(connection, user_id, Selection(limit=None))
    there = Counter(tuple(row[name] for name in columns) for row in rows)
    renamed: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in (row for row in rows if known_as.get(row["ticker"], row["ticker"]) != row["ticker"]):
        kind = tuple(known_as[row["ticker"]] if name == "ticker" else row[name] for name in columns)
        renamed[kind].append(row["ticker"])
    missing, remarks = [], {}
    for line in lines:
        kind = line.kind(columns)
        if there[kind] > 0:
            there[kind] -= 1
        elif renamed.get(kind):
            remarks[line.number] = f"there as {renamed[kind].pop()}: rename that ticker to {line.trade.ticker}"
        else:
            missing.append(line)
    return missing, remarks


def _add(connection: type_of_connection, user_id: UUID, lines: list[Line]) -> dict[int, str]:
    """Append the lines; those by which a sale, of the file or of the ledger, is not covered any more."""
    lines = _oldest_first(lines)
    tickers = {line.trade.ticker for line in lines}
    before = store.uncovered_sales(connection, user_id, tickers)
    versions = [rules.first_version(line.trade, line.currency) for line in lines]
    entries = store.add_versions(connection, user_id, versions)
    numbers = {entries[version["transaction_id"]]: line.number for version, line in zip(versions, lines, strict=True)}
    after = store.uncovered_sales(connection, user_id, tickers)
    broken = [shortfall for entry, shortfall in after.items() if entry not in before and entry not in numbers]
    problems = {numbers[entry]: _uncovered(shortfall) for entry, shortfall in after.items() if entry in numbers}
    culprits = _culprits(line for line in lines if line.number not in problems)
    for shortfall in broken:  # of which one line of the file may have broken several
        problems.setdefault(culprits[shortfall.ticker].of(shortfall), _uncovered(shortfall))
    return problems


def _oldest_first(lines: list[Line]) -> list[Line]:
    """As they stand, or from the end of a file that begins with the newest: that order decides within a day."""
    days = [line.trade.trade_date for line in lines]
    return lines[::-1] if days == sorted(days, reverse=True) and len(set(days)) > 1 else lines


def _uncovered(shortfall: Shortfall) -> str:
    sold, held = amount_text(shortfall.quantity), amount_text(shortfall.held)
    return f"{sold} {shortfall.ticker} are sold on {shortfall.trade_date}, but {held} held that day."


def _culprits(lines: Iterable[Line]) -> dict[str, "Culprits"]:
    """By ticker; the lines without the sales that are not covered themselves."""
    found: defaultdict[str, Culprits] = defaultdict(Culprits)
    for line in sorted(lines, key=lambda line: line.trade.trade_date):
        found[line.trade.ticker].add(line)
    return found


def _refusal(problems: dict[int, str], rows: list[dict[str, Any]], notices: list[str]) -> RefusedRowsError:
    first = min(problems)
    return RefusedRowsError(
        f"Nothing was imported: {len(problems)} of the lines cannot be taken. "
        f"The first is line {first}: {problems[first]}",
        fields={str(number): problems[number] for number in sorted(problems)},
        rows=rows,
        notices=notices,
    )


def _report(
    lines: list[Line], added: list[Line], skipped: dict[int, str], problems: dict[int, str], remarks: dict[int, str]
) -> dict[str, Any]:
    """How many rows had which outcome, and the outcome of each."""
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
