"""What a format makes of one row of a file: a trade as the source tells it, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass


class SkippedRowError(Exception):
    """The row is no trade, such as a dividend or a deposit; the sentence is for the report."""


class RefusedRowError(Exception):
    """The row is, or may be, a trade that cannot be taken; nothing of its file is then imported."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file: where, and its cells by the name of their column in lower case."""

    number: int
    cells: Mapping[str, str]
    further: tuple[str, ...] = ()

    def __getitem__(self, column: str) -> str:
        """The cell without surrounding blanks; empty when the row or the file has no such column."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A trade, its amounts as plain decimal text.

    Args:
        ticker: As the price provider writes it; where a source has none, `isin` and `broker_symbol` lead to it.
        remarks: What was changed on the way, such as a rounded price, for the report.

    """

    side: str
    quantity: str
    price: str
    trade_date: str
    fees: str = "0"
    currency: str = ""
    note: str = ""
    ticker: str = ""
    isin: str = ""
    broker_symbol: str = ""
    remarks: tuple[str, ...] = ()
