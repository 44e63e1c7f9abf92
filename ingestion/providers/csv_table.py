"""A CSV file that is read whole or not at all: the first thing wrong is named with file, line and reason."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from ingestion.errors import MalformedFileError

# As people and programs write numbers in CSV files: no thousands separators, no underscores, no other scripts' digits.
# What is a number but can't be a price (NaN, infinity) is well-formed, and refused later.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One line: cells by column without surrounding blanks, empty where the file has no such column."""

    path: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def malformed(self, reason: str) -> MalformedFileError:
        """The error that refuses the whole file for this line."""
        return MalformedFileError(f"{self.path.name}, line {self.line}: {reason}. Nothing of the file was loaded.")

    def day(self, column: str) -> date:
        """The date in a cell."""
        text = self[column]
        if DAY.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        raise self.malformed(f"{column} is {text!r}: write a date as 2024-01-31")

    def number(self, column: str) -> Decimal:
        """The number in a cell."""
        text = self[column]
        if not NUMBER.fullmatch(text):
            raise self.malformed(f"{column} is {text!r}: write a number as 1234.5")
        return Decimal(text)

    def amount(self, column: str) -> Decimal | None:
        """The number in a cell, None for an empty one and for NaN."""
        number = self.number(column) if self[column] else None
        return None if number is None or number.is_nan() else number


@dataclass(frozen=True)
class Table:
    """A CSV file with a header; columns beyond these are refused, for a misspelt one would be silently ignored."""

    path: Path
    columns: Sequence[str]
    further_columns: Sequence[str] = ()

    def rows(self) -> list[Row]:
        """All lines.

        Raises:
            MalformedFileError: The file, the line and what is wrong.

        """
        reader = csv.DictReader(StringIO(self._text(), newline=""), strict=True)
        try:
            self._check_header(reader.fieldnames or ())
            return [self._row(reader.line_num, cells) for cells in reader]
        except csv.Error as error:
            raise Row(self.path, reader.line_num + 1, {}).malformed(str(error)) from error  # where the row begins

    def _text(self) -> str:
        try:
            content = self.path.read_bytes()
            return content.decode("utf-8-sig")
        except OSError as error:
            raise MalformedFileError(f"{self.path.name} can't be read: {error}.") from error
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise Row(self.path, line, {}).malformed("not UTF-8, which the file should be saved as") from error

    def _check_header(self, header: Sequence[str]) -> None:
        missing = [column for column in self.columns if column not in header]
        foreign = [column for column in header if column not in (*self.columns, *self.further_columns)]
        problem = (
            f"lacks the column {', '.join(missing)}"
            if missing
            else f"has the column {foreign[0]!r}, which nobody reads: there are {', '.join(self.further_columns)}"
            if foreign
            else "names a column twice"
            if len(set(header)) < len(header)
            else None
        )
        if problem:
            raise MalformedFileError(f"{self.path.name}, line 1: the header {problem}. Nothing of it was loaded.")

    def _row(self, line: int, cells: Mapping[str, str | None]) -> Row:
        if None in cells or None in cells.values():
            raise Row(self.path, line, {}).malformed("not as many cells as the header has columns")
        return Row(self.path, line, {column: (cell or "").strip() for column, cell in cells.items()})
