"""What a format makes of one row of a file: a trade as the source tells it, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class SkippedRowError(Exception):
    """The row is no trade, such as a dividend or a deposit; the sentence is for the report."""


class RefusedRowError(Exception):
    """The row is, or may be, a trade that cannot be taken; nothing of its file is then imported."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file: where, and its cells by the name of their column in lower case.

    Args:
        further: Cells behind the last column that has a name.
        others: Cells of columns that the format does not know, by their names as the file writes them.

    """

    number: int
    cells: Mapping[str, str]
    further: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        """The cell without surrounding blanks; empty when the row or the file has no such column."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A trade, its amounts as plain decimal text.

    Args:
        ticker: As the price provider writes it; where a source has none, `isin` and `broker_symbol` lead to it.
        remarks: What was changed on the way, such as a rounded price, for the report.
        units: Of amounts that stand beside a currency's sign: which they are, and the currencies that it may mean.
        taxes: What the source calls the taxes that are part of the fees.

    """

    side: str
    quantity: str
    price: str
    trade_date: str
    fees: str = "0"
    currency: str = ""
    note: str = ""
    settlement_currency: str = ""
    fx_rate: str = ""
    ticker: str = ""
    isin: str = ""
    broker_symbol: str = ""
    remarks: tuple[str, ...] = ()
    units: tuple[tuple[str, frozenset[str]], ...] = ()
    taxes: tuple[str, ...] = ()
