"""A file's text, and its rows: the encodings and separators that brokers and spreadsheets produce."""

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from flask import json

from auth_service.errors import InvalidRequestError, TooLargeError
from auth_service.imports.rows import Record

DELIMITERS = ",;\t"
# What one value costs in memory is many times its text; an export has some fifteen values a row.
MOST_JSON_VALUES = 800_000


class Document:
    """One uploaded file.

    Raises:
        InvalidRequestError: It is empty, or no text.

    """

    def __init__(self, content: bytes) -> None:
        self.text = _decoded(content)
        if not self.text.strip():
            raise InvalidRequestError("The file is empty.")

    @property
    def is_json(self) -> bool:
        return self.text.lstrip()[0] in "{["

    @cached_property
    def delimiter(self) -> str:
        """The separator that the first line has most of."""
        first = self.text.lstrip().partition("\n")[0]
        return max(DELIMITERS, key=first.count)

    @cached_property
    def first_row(self) -> list[str]:
        """The first line's cells as they are written; empty for JSON."""
        return [] if self.is_json else next((cells for _, cells in self.lines()), [])

    @cached_property
    def header(self) -> list[str]:
        """The first line's cells in lower case."""
        return [name.strip().lower() for name in self.first_row]

    def lines(self, delimiter: str | None = None, escape: str | None = None) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with the number of the line it starts on."""
        text = io.StringIO(self.text, newline="")
        reader = csv.reader(text, delimiter=delimiter or self.delimiter, escapechar=escape, strict=True)
        number = 1
        try:
            for row in reader:
                if row:
                    yield number, row
                number = reader.line_num + 1
        except csv.Error as failure:
            raise InvalidRequestError(f"The file is not CSV: line {reader.line_num}: {failure}.") from failure

    def records(self, delimiter: str | None = None, escape: str | None = None) -> Iterator[Record]:
        """The rows below the header, by its names."""
        lines = self.lines(delimiter, escape)
        names = [name.strip().lower() for name in next(lines, (1, []))[1]]
        for number, cells in lines:
            yield named(number, names, cells)

    def json(self) -> Any:
        """The JSON document, its numbers as text.

        Raises:
            InvalidRequestError: It is not JSON.
            TooLargeError: It has more values than any export of as many rows as are taken.

        """
        if self.text.count(",") > MOST_JSON_VALUES:
            raise TooLargeError(f"A JSON file may have {MOST_JSON_VALUES} values at most. Split it into several files.")
        try:
            return json.loads(self.text)
        except ValueError as failure:
            raise InvalidRequestError(f"The file is not JSON: {failure}.") from failure


def named(number: int, names: list[str], cells: list[str]) -> Record:
    """A row by the names of its columns; what stands behind the last of them is kept apart."""
    return Record(number, dict(zip(names, cells, strict=False)), tuple(filter(None, cells[len(names) :])))


def _decoded(content: bytes) -> str:
    """As its byte order mark says, else as UTF-8, else as the code page that Windows programs in the west write."""
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
    raise InvalidRequestError(f"The file is no text in UTF-8, UTF-16 or Windows-1252: byte {position} cannot be read.")
