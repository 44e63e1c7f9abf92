"""Any other CSV, with columns mapped by the sender."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports.amounts import plain, quotient, rounded
from auth_service.ledger.imports.dates import day
from auth_service.ledger.imports.document import DELIMITERS, Document, Header
from auth_service.ledger.imports.instructions import Mapping
from auth_service.ledger.imports.money import Money, currencies_in, currencies_of, money, optional_money, shown
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

LAST_LINE = 50  # some files begin with an account number, a period and so on
AMOUNTS = ("price", "total")
FEW = 5  # words to list in a sentence


@dataclass(frozen=True)
class MappedColumns:
    """A format described by a request."""

    mapping: Mapping
    NAME: str = "mapped"

    def records(self, document: Document) -> Iterator[Record]:
        """The rows below the first line with every mapped column, under their own names.

        Raises:
            InvalidRequestError: No line near the top has all of them.

        """
        delimiter, first, names = self._header(document)
        header = Header(names, lambda name: name in self._theirs)
        header.refuse_names_twice()
        for number, cells in document.lines(delimiter):
            if number > first:
                yield header.record(number, cells)

    def read(self, record: Record) -> SourceRow:
        """The trade in one row; if the total is mapped, the price per share is computed from it.

        Raises:
            SkippedRowError: Its side is none of the words for a trade.
            RefusedRowError: An amount cannot be read, or amounts are in different currencies.

        """
        side = self._named_side(record[self._name("side")])  # first, because other rows need no quantity
        quantity = money(record[self._name("quantity")], *self._marks)
        if quantity.currencies:
            raise RefusedRowError("The quantity is an amount of money. Map another column as quantity.")
        if side == "BUY" and quantity.amount < 0:
            raise RefusedRowError("The purchase has a negative quantity. If it reverses a trade, remove both.")
        side = side or ("SELL" if quantity.amount < 0 else "BUY")
        amounts = self._amounts(record)
        priced_in, units = self._units(record, amounts)
        remarks: list[str] = []
        return SourceRow(
            ticker=record[self._name("ticker")],
            isin=record[self._name("isin")],
            side=side,
            quantity=plain(abs(quantity.amount)),
            price=self._price(side, quantity, amounts, remarks),
            fees=plain(sum((abs(amounts[name].amount) for name in self._fees), start=abs(quantity.amount) * 0)),
            currency=priced_in,
            trade_date=day(record[self._name("trade_date")], self.mapping.date_format),
            note=record[self._name("note")],
            remarks=tuple(remarks),
            units=units,
        )

    @cached_property
    def _theirs(self) -> dict[str, str]:
        """The file's names for the mapped columns, by lower case."""
        found = self.mapping.columns.model_dump(exclude_none=True).values()
        every = [name for names in found for name in (names if isinstance(names, list) else [names])]
        return {name.strip().lower(): name.strip() for name in every}

    @cached_property
    def _fees(self) -> list[str]:
        fees = self.mapping.columns.fees or []
        return [name.strip().lower() for name in (fees if isinstance(fees, list) else [fees])]

    @property
    def _marks(self) -> tuple[str, str]:
        return self.mapping.decimal, self.mapping.thousands

    def _name(self, ours: str) -> str:
        return str(getattr(self.mapping.columns, ours) or "").strip().lower()

    def _header(self, document: Document) -> tuple[str, int, list[str]]:
        """The header: the separator that gives a line with all columns, the line's number and cells."""
        given = self.mapping.delimiter
        for delimiter in (given,) if given else (document.delimiter, *DELIMITERS, "|"):
            with suppress(InvalidRequestError):  # not CSV with this separator
                for number, cells in takewhile(lambda line: line[0] <= LAST_LINE, document.lines(delimiter)):
                    if self._theirs.keys() <= {cell.strip().lower() for cell in cells}:
                        return delimiter, number, cells
        header = next(document.lines(given), (1, []))[1]
        there = {name.strip().lower() for name in header}
        lost = [name for bare, name in self._theirs.items() if bare not in there]
        has = ", ".join(map(repr, map(shortened, header[:50])))
        message = f"The file has no column {', '.join(map(repr, lost))}. Its columns are {has}."
        raise InvalidRequestError.about("mapping", message)

    def _amounts(self, record: Record) -> dict[str, Money]:
        """The row's amounts, by column name in the file; the name may contain a currency."""
        found = {}
        for name in filter(None, (*map(self._name, AMOUNTS), *self._fees)):
            read = optional_money if name in self._fees else money
            told, named = read(record[name], *self._marks), currencies_in(self._theirs[name])
            if name in self._fees:
                named = named or self._told(record, "fees_currency")
            found[name] = Money(told.amount, told.currencies or (named if told.amount else frozenset()))
        return found

    def _told(self, record: Record, column: str) -> frozenset[str]:
        """The currencies a cell in a currency column may mean.

        Raises:
            RefusedRowError: It is no known currency.

        """
        cell = record[self._name(column)]
        meant = currencies_of(cell)
        if cell and not meant:
            raise RefusedRowError(f"{shortened(cell)!r} is not a known currency. Use a code such as USD.")
        return meant

    def _price(self, side: str, quantity: Money, amounts: dict[str, Money], remarks: list[str]) -> str:
        price = amounts.get(self._name("price"))
        if price and price.amount < 0:
            raise RefusedRowError("The price is negative. If the column holds the trade's total, map it as total.")
        if price:
            return plain(price.amount)
        total = abs(amounts[self._name("total")].amount)
        if self.mapping.total_includes_fees:
            fees = sum((abs(amounts[name].amount) for name in self._fees), start=total * 0)
            total += fees if side == "SELL" else -fees
        if total < 0:
            raise RefusedRowError("The fees exceed the total.")
        return rounded("price", quotient(total, abs(quantity.amount)), remarks)

    def _units(self, record: Record, amounts: dict[str, Money]) -> tuple[str, tuple[tuple[str, frozenset[str]], ...]]:
        """The row's currency if given, and the currencies that the listing must still match.

        Raises:
            RefusedRowError: Its amounts are in different currencies.

        """
        beside = {name: told.currencies for name, told in amounts.items() if told.currencies}
        priced = next((currencies for name, currencies in beside.items() if name not in self._fees), frozenset[str]())
        of_row, of_file = self._told(record, "currency"), self.mapping.currency
        told = of_row, currencies_of(of_file or "") or frozenset(filter(None, [of_file])), priced
        given = next((next(iter(currencies)) for currencies in told if len(currencies) == 1), "")
        beside |= {self._name("currency"): of_row} if len(of_row) > 1 else {}
        for name, currencies in beside.items():
            if given and given not in currencies:
                raise RefusedRowError(
                    f"{shortened(self._theirs[name])!r} is in {shown(currencies)}, the row in {given}. Convert it, or "
                    "leave out that column."
                )
        return given, tuple((repr(shortened(self._theirs[name])), currencies) for name, currencies in beside.items())

    def _named_side(self, word: str) -> str | None:
        """The side for a word; None if no column has it and the quantity's sign decides."""
        if self.mapping.columns.side is None:
            return None
        if word.lower() not in self._sides:
            known = ", ".join(map(shortened, [*self._sides][:FEW]))
            raise SkippedRowError(f"{shortened(word)!r} is not a trade; trades have {known}.")
        return self._sides[word.lower()]

    @cached_property
    def _sides(self) -> dict[str, str]:
        return {theirs.lower(): ours for theirs, ours in self.mapping.sides.items()}
