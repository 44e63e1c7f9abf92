"""The formats that are known, and which of them a file has.

A further one is a module as `KnownFormat` says, and its name in FORMATS: everybody else lists what stands there.
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
    """What reads the rows of a file."""

    @property
    def NAME(self) -> str: ...  # noqa: N802  a module's constant
    def records(self, document: Document, /) -> Iterator[Record]:
        """The file's rows; `others` of each are the cells of columns that are not known here."""

    def read(self, record: Record, /) -> SourceRow:
        """The trade of one row, its amounts as plain decimal text.

        Raises:
            SkippedRowError: The row is no trade.
            RefusedRowError: It may be one, and cannot be taken.

        """


class KnownFormat(Format, Protocol):
    """What a module of a format has."""

    @property
    def LABEL(self) -> str: ...  # noqa: N802  what people call it
    @property
    def HINT(self) -> str: ...  # noqa: N802  where its source makes such a file
    def recognises(self, document: Document, /) -> bool:
        """True when the file looks like this format."""


# The first that recognises a file has it, so those with the most telling headers come first.
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
    """The format that is mapped, forced or recognised, in this order.

    Raises:
        InvalidRequestError: The file has none of the known ones, or not the forced one.

    """
    if instructions.mapping is not None:
        return MappedColumns(instructions.mapping)
    chosen = [known for known in FORMATS if forced in {None, known.NAME}]
    found = next((known for known in chosen if known.recognises(document)), None)
    if found is None:
        begins = ", ".join(document.first_row)[:200]
        known_here = "; ".join(f"{known.LABEL} ({known.NAME})" for known in by_label())
        raise InvalidRequestError(
            f"The file is not {f'from {chosen[0].LABEL}' if forced else 'in any format known here'}; it begins with "
            f"{begins!r}. Known are {known_here}. For any other CSV send the file as multipart/form-data with a field "
            "options that maps its columns: docs/import.md says how."
        )
    return found
