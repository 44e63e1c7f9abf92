"""A format's result for one row: a trade as the source gives it, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class SkippedRowError(Exception):
    """The row is not a trade but, say, a dividend or a deposit; the sentence goes into the report."""


class RefusedRowError(Exception):
    """The row is, or may be, a trade that can't be imported; nothing in its file is imported then."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file: its place, and its cells by column name in lower case.

    Args:
        further: Cells beyond the last named column.
        others: Cells in columns unknown to the format, by the file's names.

    """

    number: int
    cells: Mapping[str, str]
    further: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        """The stripped cell; empty if the row or file has no such column."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A trade or another entry, its amounts as plain decimal text.

    Args:
        ticker: In the price provider's spelling; if the source has none, `isin` and `broker_symbol` lead to it.
        remarks: What was changed on the way, such as a rounded price, for the report.
        units: Of amounts that stand beside a currency's sign: which they are, and the currencies that it may mean.
        taxes_among_fees: What the source calls the taxes that are part of the fees.
        account: Its account's name; without one it is in the first account.

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
    taxes_among_fees: tuple[str, ...] = ()
    account: str = ""
    type: str = ""
    amount: str = ""
    taxes: str = ""
