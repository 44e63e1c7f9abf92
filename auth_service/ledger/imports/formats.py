"""The known formats, and detecting which one a file has.

To add one, write a module that fits `KnownFormat` and add its name to FORMATS: everything else reads the list there.
"""

from collections.abc import Iterator
from typing import Protocol

from auth_service.errors import InvalidRequestError
from auth_service.ledger.imports import (
    degiro,
    ghostfolio,
    ghostfolio_csv,
    ib_flex,
    ib_statement,
    macrofolio_csv,
    portfolio_performance,
    trading212,
    wealthfolio,
)
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.instructions import Instructions
from auth_service.ledger.imports.mapped import MappedColumns
from auth_service.ledger.imports.rows import Record, SourceRow


class Format(Protocol):
    """Reads the rows of a file."""

    @property
    def NAME(self) -> str: ...  # noqa: N802  a module's constant
    def records(self, document: Document, /) -> Iterator[Record]:
        """The file's rows; each row's `others` holds the cells of unknown columns."""

    def read(self, record: Record, /) -> SourceRow:
        """The trade in one row, with amounts as plain decimal text.

        Raises:
            SkippedRowError: The row is no trade.
            RefusedRowError: It may be one, and cannot be taken.

        """


class KnownFormat(Format, Protocol):
    """What a format's module provides."""

    @property
    def LABEL(self) -> str: ...  # noqa: N802  what people call it
    @property
    def HINT(self) -> str: ...  # noqa: N802  where its source makes such a file
    def recognises(self, document: Document, /) -> bool:
        """True when the file looks like this format."""


# The first format that recognises a file wins, so those with the most distinctive headers come first.
FORMATS: tuple[KnownFormat, ...] = (
    ghostfolio,
    macrofolio_csv,
    ib_statement,
    trading212,
    degiro,
    portfolio_performance,
    ghostfolio_csv,
    wealthfolio,
    ib_flex,
)


def by_label() -> list[KnownFormat]:
    """The formats in the order in which people look for one."""
    return sorted(FORMATS, key=lambda known: known.LABEL)


def format_of(document: Document, forced: str | None, instructions: Instructions) -> Format:
    """The mapped, forced or recognised format, in this order.

    Raises:
        InvalidRequestError: The file has no known format, or not the forced one.

    """
    if instructions.mapping is not None:
        return MappedColumns(instructions.mapping)
    chosen = [known for known in FORMATS if forced in {None, known.NAME}]
    found = next((known for known in chosen if known.recognises(document)), None)
    if found is None:
        begins = ", ".join(document.first_row)[:200]
        known_here = "; ".join(f"{known.LABEL} ({known.NAME})" for known in by_label())
        raise InvalidRequestError(
            f"The file is not {f'from {chosen[0].LABEL}' if forced else 'in a known format'}. It begins with "
            f"{begins!r}. Known formats: {known_here}. For any other CSV, send multipart/form-data with a field "
            "options that maps its columns (see docs/import.md)."
        )
    return found
