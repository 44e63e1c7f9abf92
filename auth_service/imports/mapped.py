"""Any other CSV, with its columns named by whoever sends it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from auth_service.errors import InvalidRequestError
from auth_service.imports.amounts import currency, number, optional, plain
from auth_service.imports.document import Document
from auth_service.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.schemas.imports import Mapping

YEAR_MONTH_DAY = {"YYYY": "(?P<year>[0-9]{4})", "MM": "(?P<month>[0-9]{1,2})", "DD": "(?P<day>[0-9]{1,2})"}


@dataclass(frozen=True)
class MappedColumns:
    """A format that a request describes."""

    mapping: Mapping
    NAME: str = "mapped"
    TITLE: str = "a CSV with mapped columns"

    def recognises(self, document: Document) -> bool:
        return not document.is_json

    def records(self, document: Document) -> Iterator[Record]:
        """The rows by our names, once every mapped column is found."""
        theirs = self.mapping.columns.model_dump(exclude_none=True)
        header = next(document.lines(self.mapping.delimiter), (1, []))[1]
        found = {name.strip().lower() for name in header}
        lost = [name for name in theirs.values() if name.strip().lower() not in found]
        if lost:
            message = f"The file has no column {', '.join(map(repr, lost))}; it has {', '.join(map(repr, header))}."
            raise InvalidRequestError(message, fields={"mapping": message})
        for record in document.records(self.mapping.delimiter):
            cells = {ours: record[name.strip().lower()] for ours, name in theirs.items()}
            yield Record(record.number, cells, record.further)

    def read(self, record: Record) -> SourceRow:
        marks = self.mapping.decimal, self.mapping.thousands
        side = self._named_side(record["side"])  # first: what is no trade need not have a quantity
        quantity = number(record["quantity"], *marks)
        return SourceRow(
            ticker=record["ticker"],
            isin=record["isin"],
            side=side or ("SELL" if quantity < 0 else "BUY"),
            quantity=plain(abs(quantity)),
            price=plain(number(record["price"], *marks)),
            fees=plain(abs(optional(record["fees"], *marks))),
            currency=currency(record["currency"]),
            trade_date=self._day(record["trade_date"]),
            note=record["note"],
        )

    def _named_side(self, word: str) -> str | None:
        """The side by its word; None where no column names it, and the quantity's sign tells."""
        if self.mapping.columns.side is None:
            return None
        sides = {theirs.lower(): ours for theirs, ours in self.mapping.sides.items()}
        if word.lower() not in sides:
            raise SkippedRowError(f"{word!r} is none of the words for a trade, which are {', '.join(sides)}.")
        return sides[word.lower()]

    def _day(self, text: str) -> str:
        pattern = re.escape(self.mapping.date_format)
        for token, digits in YEAR_MONTH_DAY.items():
            pattern = pattern.replace(token, digits)
        found = re.match(f"{pattern}(?![0-9])", text)
        if not found:
            raise RefusedRowError(f"{text[:40]!r} is no date written {self.mapping.date_format}.")
        return f"{found['year']}-{found['month']:>02}-{found['day']:>02}"
