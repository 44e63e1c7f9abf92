"""Exports the ledger as a file, and imports a file into it: whole or not at all.

Importing a file twice adds nothing: of equal lines, only as many are added as the file has more of than the ledger. So
two equal fills in one file stay two.
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
    """A file as sent, with its instructions."""

    content: bytes
    instructions: Instructions = field(default_factory=Instructions)


@dataclass(frozen=True)
class Line:
    """One trade, its place in the file, and what was changed on the way."""

    number: int
    trade: Trade
    currency: str
    remarks: tuple[str, ...]

    def kind(self, columns: Iterable[str]) -> tuple[Any, ...]:
        """Lines of one kind are equal fills."""
        return tuple(getattr(self.trade, name) if name != "currency" else self.currency for name in columns)


@dataclass
class Culprits:
    """The file's lines for one ticker by day, to find the one that leaves a sale in the ledger uncovered."""

    days: list[date] = field(default_factory=list)
    last_line: list[int] = field(default_factory=list)  # up to each of the days
    last_sale: list[int] = field(default_factory=list)  # the same, 0 before the first

    def add(self, line: Line) -> None:
        """Add the next line, no earlier than the one before."""
        sale = line.number if line.trade.side == "SELL" else 0
        self.days.append(line.trade.trade_date)
        self.last_line.append(max([line.number, *self.last_line[-1:]]))
        self.last_sale.append(max([sale, *self.last_sale[-1:]]))

    def of(self, shortfall: Shortfall) -> int:
        """The file's last sale before the uncovered sale in the ledger, or else its last purchase.

        A purchase may cover what a later-found split had left uncovered, and so take from the sale after it.
        """
        place = bisect_right(self.days, shortfall.trade_date) - 1
        return self.last_sale[place] or self.last_line[place]


@dataclass
class Findings:
    """What was found about the rows, by line number."""

    trades: dict[int, tuple[Trade, SourceRow]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def export(database: Database, user_id: UUID) -> str:
    """All current transactions as our own CSV, oldest first."""
    with database.transaction(user_id) as connection:
        rows = store.page(connection, user_id, Selection(limit=None))
    return macrofolio_csv.write(reversed(rows))


def import_file(
    database: Database, user_id: UUID, upload: Upload, options: ImportOptions, most_rows: int
) -> dict[str, Any]:
    """Add all of the file's trades or none; with `dry_run`, check everything and add none.

    Raises:
        InvalidRequestError: The format is unknown.
        RefusedRowsError: Some rows can't be imported; `fields` gives the reasons by line number.
        TooLargeError: There are more rows or tickers than allowed.
        UnavailableError: The provider is unavailable for a ticker or an ISIN; nothing was written.

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
        # Part of a file can't show whether its sales are covered.
        problems = problems or _add(connection, user_id, added)
        report = _report(lines, added, found.skipped, problems, remarks)
        if problems:
            raise _refusal(problems, report["rows"], notices.sentences())
        if options.dry_run:
            connection.rollback()
    return {"format": source.NAME, "dry_run": options.dry_run, "notices": notices.sentences(), **report}


def _read(document: Document, source: Format, instruments: Instruments, most_rows: int, notices: Notices) -> Findings:
    """Classify every row: a trade, not a trade, or one that can't be imported."""
    found = Findings()
    for count, record in enumerate(source.records(document), start=1):
        if count > most_rows:
            raise TooLargeError(f"A file may have at most {most_rows} rows. Split it into several files.")
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
        raise RefusedRowError(
            f"The row has more cells than the first line has columns: {', '.join(record.further)[:80]}."
        )
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
    """The lines that can be imported, and why the others can't."""
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
    """Lines whose exchange rate is far from the known rate of the day."""
    problems = {}
    known = settlements.known_rates(database, [(line.trade, line.currency) for line in lines])
    for line, rate in zip(lines, known, strict=True):
        try:
            settlements.refuse_unlike_rate(line.trade, line.currency, rate)
        except InvalidRequestError as refusal:
            problems[line.number] = refusal.message
    return problems


def _checked_line(line: Line, listed: TickerInfo | InvalidRequestError, traded: trade_checks.Range | None) -> Line:
    """The line in its listing's currency, with a plausible date and price."""
    if isinstance(listed, InvalidRequestError):
        raise listed
    trade, remarks = _in_currency_of(listed, line.trade)
    currency = trade_checks.currency_on(trade, listed)
    trade_checks.refuse_future(trade, listed)
    trade_checks.refuse_implausible(trade, traded)
    settlements.refuse_half_a_settlement(trade, currency)
    return Line(line.number, trade, currency, line.remarks + remarks)


def _refuse_other_currencies(row: SourceRow, trade: Trade, listed: TickerInfo | InvalidRequestError) -> None:
    """Refuse amounts marked with another currency than the listing's."""
    if isinstance(listed, InvalidRequestError):
        return
    for what, currencies in row.units:
        if (trade.currency or listed.currency) not in currencies:
            raise InvalidRequestError(
                f"{what} is in {shown(currencies)}, and {trade.ticker} is quoted in {listed.currency}. Convert it, or "
                f"choose the listing that trades in that currency."
            )


def _in_currency_of(listed: TickerInfo, trade: Trade) -> tuple[Trade, tuple[str, ...]]:
    """Convert pounds to pence or pence to pounds, to match the listing; leave other currencies alone."""
    factor = hundredths(trade.currency, listed.currency) if trade.currency else None
    if factor is None or factor == 1:
        return trade, ()
    changed = {name: plain(getattr(trade, name) * factor) for name in ("price", "fees")}
    if not all(AMOUNT.are_in(digits) for digits in changed.values()):
        raise InvalidRequestError(f"Converted to {listed.currency}, the price or fees have too many digits.")
    remark = f"price and fees converted from {trade.currency} to {listed.currency}"
    amounts = {name: Decimal(digits) for name, digits in changed.items()}
    return trade.model_copy(update={"currency": listed.currency, **amounts}), (remark,)


def _listings(database: Database, user_id: UUID, tickers: set[str]) -> dict[str, TickerInfo | InvalidRequestError]:
    """Each ticker's listing, or why there is none."""
    if len(tickers) > MOST_TICKERS:
        raise TooLargeError(
            f"The file has {len(tickers)} tickers, more than the maximum of {MOST_TICKERS}. Split the file."
        )
    found: dict[str, TickerInfo | InvalidRequestError] = {}
    for ticker in sorted(tickers):
        try:
            found[ticker] = trade_checks.listing_with_history(database, ticker, user_id)
        except InvalidRequestError as refusal:
            found[ticker] = refusal
    return found


def _telling_columns(source: Format) -> tuple[str, ...]:
    """The columns that identify a trade: all of our own; for other formats, only those of the trade itself."""
    beside = {"note", "settlement_currency", "fx_rate"}
    return (
        macrofolio_csv.COLUMNS
        if source.NAME == macrofolio_csv.NAME
        else tuple(name for name in macrofolio_csv.COLUMNS if name not in beside)
    )


def _not_there_yet(
    connection: type_of_connection, user_id: UUID, lines: list[Line], columns: tuple[str, ...], known_as: dict[str, str]
) -> tuple[list[Line], dict[int, str]]:
    """Lines the file has more of than the ledger, by kind; for those in the ledger under another ticker, that ticker.

    A symbol that is mapped to a new name may be in the ledger under its own name.
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
            remarks[line.number] = (
                f"already recorded as {renamed[kind].pop()}: rename that ticker to {line.trade.ticker}"
            )
        else:
            missing.append(line)
    return missing, remarks


def _add(connection: type_of_connection, user_id: UUID, lines: list[Line]) -> dict[int, str]:
    """Append the lines; returns those that leave a sale, in the file or the ledger, uncovered."""
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
    for shortfall in broken:  # one line in the file may have broken several
        problems.setdefault(culprits[shortfall.ticker].of(shortfall), _uncovered(shortfall))
    return problems


def _oldest_first(lines: list[Line]) -> list[Line]:
    """In file order, reversed if the file starts with the newest: that order counts within a day."""
    days = [line.trade.trade_date for line in lines]
    return lines[::-1] if days == sorted(days, reverse=True) and len(set(days)) > 1 else lines


def _uncovered(shortfall: Shortfall) -> str:
    sold, held = amount_text(shortfall.quantity), amount_text(shortfall.held)
    return f"Sells {sold} {shortfall.ticker} on {shortfall.trade_date}, but only {held} held that day."


def _culprits(lines: Iterable[Line]) -> dict[str, "Culprits"]:
    """By ticker; leaves out sales that are themselves uncovered."""
    found: defaultdict[str, Culprits] = defaultdict(Culprits)
    for line in sorted(lines, key=lambda line: line.trade.trade_date):
        found[line.trade.ticker].add(line)
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
