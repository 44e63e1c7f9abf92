"""The rows of a file as entries of the ledger: read, each with its account, and checked as if it were recorded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from auth_service.database import Database
from auth_service.errors import InvalidRequestError, TooLargeError
from auth_service.ledger import accounts, settlements, trade_checks
from auth_service.ledger.imports.account_names import AccountNames
from auth_service.ledger.imports.amounts import hundredths, plain
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.formats import Format
from auth_service.ledger.imports.instruments import Instruments
from auth_service.ledger.imports.money import shown
from auth_service.ledger.imports.notices import Notices
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.ledger.schemas import Entry
from auth_service.strict_schemas import AMOUNT
from ingestion.prices.price_refresh import TickerInfo

MOST_TICKERS = 1000
# What the rows of the ledger and of a file have in common.
COLUMNS_OF_ENTRIES = (
    *("ticker", "side", "quantity", "price", "fees", "currency", "settlement_currency", "fx_rate", "trade_date"),
    *("note", "account_id", "type", "amount", "taxes"),
)
MONEY_OF_TRADES = ("price", "fees", "taxes")


@dataclass(frozen=True)
class Line:
    """One entry, where in the file it stands, and what was changed on the way."""

    number: int
    entry: Entry
    currency: str
    remarks: tuple[str, ...]

    def row(self, user_id: UUID) -> dict[str, Any]:
        """What the ledger would tell of it."""
        entry = self.entry
        of_type, account_id = entry.of_type, entry.account_id or user_id
        side = of_type if entry.entry_type.moves_units else None
        told = {"side": side, "type": of_type, "account_id": account_id, "currency": self.currency}
        return {name: getattr(entry, name) for name in COLUMNS_OF_ENTRIES} | told


@dataclass
class Findings:
    """What was found about the rows, by line number."""

    entries: dict[int, tuple[Entry, SourceRow]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """What makes entries of a file's rows."""

    source: Format
    instruments: Instruments
    names: AccountNames
    notices: Notices

    def read(self, document: Document, most_rows: int) -> Findings:
        """Classify every row: an entry, not an entry, or one that can't be imported.

        Raises:
            TooLargeError: There are too many.

        """
        found = Findings()
        for count, record in enumerate(self.source.records(document), start=1):
            if count > most_rows:
                raise TooLargeError(f"A file may have at most {most_rows} rows. Split it into several files.")
            self.notices.see(record)
            try:
                row = self.source.read(_whole(record))
                found.entries[record.number] = self._entry(row), row
                self.notices.see_trade(record, row)
            except SkippedRowError as reason:
                found.skipped[record.number] = str(reason)
            except RefusedRowError as reason:
                found.problems[record.number] = str(reason)
        self.names.keep_cash(entry for entry, _ in found.entries.values())
        return found

    def _entry(self, row: SourceRow) -> Entry:
        cells = {name: getattr(row, name) for name in COLUMNS_OF_ENTRIES if name != "account_id"}
        given = cells | {"ticker": self.instruments.ticker(row), "account_id": self.names.id_of(row.account)}
        try:
            return Entry.model_validate({name: cell for name, cell in given.items() if cell != ""})
        except ValidationError as refusal:
            raise RefusedRowError(
                "; ".join(f"{reason['loc'][0]}: {reason['msg'].removesuffix('.')}" for reason in refusal.errors())
            ) from refusal


def kind_of(row: dict[str, Any], columns: Iterable[str]) -> tuple[Any, ...]:
    """Rows of one kind are equal fills; no fees or taxes are none, however that is told."""
    return tuple((row[name] or Decimal(0)) if name in {"fees", "taxes"} else row[name] for name in columns)


def checked_lines(
    database: Database, user_id: UUID, found: Findings, names: AccountNames, *, confirmed: bool
) -> tuple[list[Line], dict[int, str]]:
    """The lines that can be imported, and why the others can't."""
    trades = {number: entry.trade for number, (entry, _) in found.entries.items() if entry.entry_type.moves_units}
    listed = _listings(database, user_id, {entry.ticker for entry, _ in found.entries.values() if entry.ticker})
    traded = [*trades.values()]
    ranges = {} if confirmed else dict(zip(trades, trade_checks.ranges_near(database, traded), strict=True))
    lines, problems = [], dict(found.problems)
    for number, (entry, row) in found.entries.items():
        line = Line(number, entry, "", row.remarks)
        account, listing = names.row(entry.account_id), listed.get(entry.ticker or "")
        try:
            accounts.refuse_unfit(account, entry.entry_type)
            if isinstance(listing, InvalidRequestError):
                raise listing
            if listing is not None and number in trades:
                _refuse_other_currencies(row, entry, listing)
                lines.append(_checked_trade(line, listing, ranges.get(number)))
            else:
                lines.append(_checked_payment(line, account, listing))
        except InvalidRequestError as refusal:
            problems[number] = refusal.message
    if not confirmed:
        problems |= _unlike_rates(database, [line for line in lines if line.number in trades])
    return lines, problems


def _whole(record: Record) -> Record:
    if record.further:
        raise RefusedRowError(
            f"The row has more cells than the first line has columns: {', '.join(record.further)[:80]}."
        )
    return record


def _unlike_rates(database: Database, lines: list[Line]) -> dict[int, str]:
    """Lines whose exchange rate is far from the known rate of the day."""
    problems = {}
    trades = [(line.entry.trade, line.currency) for line in lines]
    known = settlements.known_rates(database, trades)
    for line, (trade, currency), rate in zip(lines, trades, known, strict=True):
        try:
            settlements.refuse_unlike_rate(trade, currency, rate)
        except InvalidRequestError as refusal:
            problems[line.number] = refusal.message
    return problems


def _checked_trade(line: Line, listed: TickerInfo, traded: trade_checks.Range | None) -> Line:
    """The line in its listing's currency, with a plausible date and price."""
    entry, remarks = _in_currency_of(listed, line.entry)
    trade = entry.trade
    currency = trade_checks.currency_on(trade, listed)
    trade_checks.refuse_future(trade, listed)
    trade_checks.refuse_implausible(trade, traded)
    settlements.refuse_half_a_settlement(trade, currency)
    return Line(line.number, entry, currency, line.remarks + remarks)


def _checked_payment(line: Line, account: accounts.Row, listed: TickerInfo | None) -> Line:
    """The line in the currency that it says, or else has."""
    trade_checks.refuse_future_payment(line.entry)
    currency = trade_checks.payment_currency(line.entry, account["currency"], listed)
    return Line(line.number, line.entry, currency, line.remarks)


def _refuse_other_currencies(row: SourceRow, entry: Entry, listed: TickerInfo) -> None:
    """Refuse amounts marked with another currency than the listing's."""
    for what, currencies in row.units:
        if (entry.currency or listed.currency) not in currencies:
            raise InvalidRequestError(
                f"{what} is in {shown(currencies)}, and {entry.ticker} is quoted in {listed.currency}. Convert it, or "
                f"choose the listing that trades in that currency."
            )


def _in_currency_of(listed: TickerInfo, entry: Entry) -> tuple[Entry, tuple[str, ...]]:
    """Convert pounds to pence or pence to pounds, to match the listing; leave other currencies alone."""
    factor = hundredths(entry.currency, listed.currency) if entry.currency else None
    if factor is None or factor == 1:
        return entry, ()
    given = {name: getattr(entry, name) for name in MONEY_OF_TRADES if getattr(entry, name) is not None}
    changed = {name: plain(amount * factor) for name, amount in given.items()}
    if not all(AMOUNT.are_in(digits) for digits in changed.values()):
        raise InvalidRequestError(f"Converted to {listed.currency}, the price or fees have too many digits.")
    remark = f"price and fees converted from {entry.currency} to {listed.currency}"
    amounts = {name: Decimal(digits) for name, digits in changed.items()}
    return entry.model_copy(update={"currency": listed.currency, **amounts}), (remark,)


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
