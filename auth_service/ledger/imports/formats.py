"""The formats that are known, and which of them a file has. A further one is a module, and its name in FORMATS."""

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
from auth_service.ledger.imports.mapped import MappedColumns
from auth_service.ledger.imports.rows import Record, SourceRow
from auth_service.ledger.imports.schemas import FormatName, Instructions


class Format(Protocol):
    """What a module of a format has."""

    @property
    def NAME(self) -> str: ...  # noqa: N802  a module's constant
    @property
    def TITLE(self) -> str: ...  # noqa: N802
    def recognises(self, document: Document, /) -> bool:
        """True when the file looks like this format."""

    def records(self, document: Document, /) -> Iterator[Record]:
        """The file's rows; `others` of each are the cells of columns that are not known here."""

    def read(self, record: Record, /) -> SourceRow:
        """The trade of one row; raises SkippedRowError or RefusedRowError where there is none to take."""


# The first that recognises a file has it, so those with the most telling headers come first.
FORMATS: tuple[Format, ...] = (
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


def format_of(document: Document, forced: FormatName | None, instructions: Instructions) -> Format:
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
        raise InvalidRequestError(
            f"The file is not {chosen[0].TITLE if forced else 'in any format known here'}; it begins with {begins!r}. "
            f"Known are {'; '.join(f'{known.TITLE} ({known.NAME})' for known in FORMATS)}. For any other CSV send the "
            "file as multipart/form-data with a field options that maps its columns: docs/import.md says how."
        )
    return found
