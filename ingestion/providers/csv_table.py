"""Reads a CSV file whole or not at all: the error names file, line and reason of the first problem."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from ingestion.errors import MalformedFileError

# Numbers as people and programs write them in CSV files: no thousands separators, underscores or digits of other
# scripts. Numbers that can't be prices (NaN, infinity) are well-formed here, and refused later.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One line: stripped cells by column, empty where the file has no such column."""

    path: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def malformed(self, reason: str) -> MalformedFileError:
        """The error that rejects the whole file because of this line."""
        return MalformedFileError(f"{self.path.name}, line {self.line}: {reason}. Nothing in the file was loaded.")

    def day(self, column: str) -> date:
        """The date in a cell."""
        text = self[column]
        if DAY.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        raise self.malformed(f"{column} is {text!r}: write dates like 2024-01-31")

    def number(self, column: str) -> Decimal:
        """The number in a cell."""
        text = self[column]
        if not NUMBER.fullmatch(text):
            raise self.malformed(f"{column} is {text!r}: write numbers like 1234.5")
        return Decimal(text)

    def amount(self, column: str) -> Decimal | None:
        """The number in a cell; None for an empty cell or NaN."""
        number = self.number(column) if self[column] else None
        return None if number is None or number.is_nan() else number


@dataclass(frozen=True)
class Table:
    """A CSV file with a header; unknown columns are rejected, since a misspelt one would be silently ignored."""

    path: Path
    columns: Sequence[str]
    further_columns: Sequence[str] = ()

    def rows(self) -> list[Row]:
        """All lines.

        Raises:
            MalformedFileError: Names the file, the line and the problem.

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
            raise Row(self.path, line, {}).malformed("not UTF-8. Save the file as UTF-8") from error

    def _check_header(self, header: Sequence[str]) -> None:
        missing = [column for column in self.columns if column not in header]
        foreign = [column for column in header if column not in (*self.columns, *self.further_columns)]
        problem = (
            f"lacks {', '.join(missing)}"
            if missing
            else f"has an unknown column {foreign[0]!r}; optional columns are {', '.join(self.further_columns)}"
            if foreign
            else "repeats a column"
            if len(set(header)) < len(header)
            else None
        )
        if problem:
            raise MalformedFileError(f"{self.path.name}, line 1: the header {problem}. Nothing in the file was loaded.")

    def _row(self, line: int, cells: Mapping[str, str | None]) -> Row:
        if None in cells or None in cells.values():
            raise Row(self.path, line, {}).malformed("the number of cells differs from the header")
        return Row(self.path, line, {column: (cell or "").strip() for column, cell in cells.items()})
