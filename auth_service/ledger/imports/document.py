"""A file's text and rows, in the encodings and separators that brokers and spreadsheets produce."""

import csv
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from auth_service import exact_json
from auth_service.errors import InvalidRequestError, TooLargeError
from auth_service.ledger.imports.rows import Record

DELIMITERS = ",;\t"
# Tells spreadsheets the separator, and some programs write it for them: sep=;
DECLARED_DELIMITER = re.compile(r"\s*\"?sep=(?P<delimiter>[,;\t|])\"?\r?\n", re.IGNORECASE)
MOST_UNKNOWN_COLUMNS = 50  # that are examined
# Every value in a row costs memory, however short: no export has this many columns, no note this many separators.
MOST_SEPARATORS = 2_000
# A value in memory takes many times its text; an export has about fifteen values a row.
MOST_JSON_VALUES = 800_000


class Document:
    """One uploaded file.

    Args:
        content: Its bytes.
        time_zone: The time zone in which its moments are days, if the sender gave one.

    Raises:
        InvalidRequestError: It is empty, or not text.
        TooLargeError: A line has more columns than any export; raised while reading lines.

    """

    def __init__(self, content: bytes, time_zone: ZoneInfo | None = None) -> None:
        self.text, self.time_zone = _decoded(content), time_zone
        if not self.text.strip():
            raise InvalidRequestError("The file is empty.")

    @property
    def is_json(self) -> bool:
        """True if the text starts like a JSON object or list."""
        return self.text.lstrip()[0] in "{["

    @cached_property
    def _declared_delimiter(self) -> str | None:
        found = DECLARED_DELIMITER.match(self.text)
        return found["delimiter"] if found else None

    @cached_property
    def delimiter(self) -> str:
        """The separator the file declares, or else the most frequent one in the first line."""
        first = self.text.lstrip().partition("\n")[0]
        return self._declared_delimiter or max(DELIMITERS, key=first.count)

    @cached_property
    def first_row(self) -> list[str]:
        """The first line's cells as written; empty for JSON."""
        return [] if self.is_json else next((cells for _, cells in self.lines()), [])

    @cached_property
    def header(self) -> list[str]:
        """The first line's cells in lower case."""
        return [name.strip().lower() for name in self.first_row]

    def lines(self, delimiter: str | None = None, escape: str | None = None) -> Iterator[tuple[int, list[str]]]:
        """The rows that aren't blank, each with the number of its first line; skips a declaration of the separator."""
        separator = delimiter or self.delimiter
        text = _narrow(io.StringIO(self.text, newline=""), separator)
        reader = csv.reader(text, delimiter=separator, escapechar=escape, strict=True)
        number = 1
        try:
            for row in reader:
                is_declaration = number == 1 and self._declared_delimiter is not None
                if not is_declaration and any(map(str.strip, row)):  # spreadsheets write rows of nothing but separators
                    yield number, row
                number = reader.line_num + 1
        except csv.Error as failure:
            raise InvalidRequestError(f"The file is not CSV: line {reader.line_num}: {failure}.") from failure

    def records(
        self, knows: Callable[[str], bool], delimiter: str | None = None, escape: str | None = None
    ) -> Iterator[Record]:
        """Rows below the header, keyed by column name, including columns the format does not know."""
        lines = self.lines(delimiter, escape)
        header = Header(next(lines, (1, []))[1], knows)
        header.refuse_names_twice()
        for number, cells in lines:
            yield header.record(number, cells)

    def json(self) -> Any:
        """The JSON document, its numbers as text.

        Raises:
            InvalidRequestError: It is not JSON.
            TooLargeError: It has more values than any export with the maximum of rows.

        """
        if self.text.count(",") > MOST_JSON_VALUES:
            raise TooLargeError(f"A JSON file may have at most {MOST_JSON_VALUES} values. Split it into several files.")
        try:
            return exact_json.loads(self.text)
        except ValueError as failure:
            raise InvalidRequestError(f"The file is not JSON: {failure}.") from failure


class Header:
    """Column names in lower case, and which of them the format doesn't know.

    Args:
        written: The names as in the file.
        knows: True for a column, in lower case, that is read or irrelevant to a trade.

    """

    def __init__(self, written: Sequence[str], knows: Callable[[str], bool]) -> None:
        self.names = [name.strip().lower() for name in written]
        self._known = [name for name in self.names if name and knows(name)]
        unknown = [(place, name) for place, name in enumerate(self.names) if name and not knows(name)]
        self._unknown = [(place, written[place].strip()) for place, _ in unknown[:MOST_UNKNOWN_COLUMNS]]

    def record(self, number: int, cells: Sequence[str], **further: str) -> Record:
        """A row under these names; cells beyond the last name are kept apart."""
        others = {name: cells[place] for place, name in self._unknown if place < len(cells)}
        named = dict(zip(self.names, cells, strict=False)) | further
        return Record(number, named, tuple(filter(None, cells[len(self.names) :])), others)

    def refuse_names_twice(self) -> None:
        """Refuse a header with an ambiguous column name."""
        for name, count in Counter(self._known).items():
            if count > 1:
                message = f"The first line names the column {name!r} {count} times. Rename or remove all but one."
                raise InvalidRequestError(message)


def _narrow(text: io.StringIO, separator: str) -> Iterator[str]:
    """The text's lines; one with more columns than any export is refused before it is parsed."""
    for number, line in enumerate(text, start=1):
        if line.count(separator) > MOST_SEPARATORS:
            raise TooLargeError(f"Line {number} has more than {MOST_SEPARATORS:,} columns. Check the file.")
        yield line


def _decoded(content: bytes) -> str:
    """Decode by byte order mark, else as UTF-8, else in the code page of western Windows programs."""
    if content.startswith(BOM_UTF8):
        encodings = ("utf-8-sig",)
    elif content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8", "cp1252")  # type: ignore[assignment]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as failure:
            position = failure.start
    raise InvalidRequestError(f"The file is not text in UTF-8, UTF-16 or Windows-1252: byte {position} is invalid.")
