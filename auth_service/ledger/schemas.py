"""Requests and answers for transactions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from auth_service.strict_schemas import Amount, Count, Day, Input, Output, Rate, Text, Ticker

MOST_ON_A_PAGE = 500


def read_side(value: object) -> object:
    """BUY or SELL, in either case."""
    return value.upper() if isinstance(value, str) else value


Side = Annotated[
    Literal["BUY", "SELL"],
    BeforeValidator(read_side),
    WithJsonSchema({"type": "string", "pattern": "^([Bb][Uu][Yy]|[Ss][Ee][Ll][Ll])$", "example": "BUY"}),
]


class Trade(Input):
    """One purchase or sale, as on the broker's note; `currency` defaults to the listing's."""

    ticker: Ticker
    side: Side = Field(description="BUY or SELL, in either case.")
    quantity: Amount = Field(description="Number of shares as of the trade's day, before later splits; above 0.")
    price: Amount = Field(description="Price of one share, in the listing's currency.", examples=["101.25"])
    trade_date: Day = Field(description="Date at the exchange, from 1970 on and not in the future.")
    fees: Amount = Field(default=Decimal(0), description="Fees, in the same currency.", examples=["1.50"])
    currency: Annotated[Text, Field(pattern="^[A-Za-z]{3}$", examples=["USD"])] | None = Field(
        default=None, description="The listing's currency; any other is refused."
    )
    settlement_currency: Annotated[Text, Field(pattern="^[A-Z]{3}$", examples=["EUR"])] | None = Field(
        default=None, description="The currency you paid in, if not the listing's. Needs `fx_rate`."
    )
    fx_rate: Rate | None = Field(
        default=None, description="Your broker's rate: units of the settlement currency for one unit of the listing's."
    )
    note: Annotated[Text, Field(max_length=1000, examples=["Monthly savings plan"])] | None = None

    @field_validator("quantity")
    @classmethod
    def quantity_is_positive(cls, quantity: Decimal) -> Decimal:
        if quantity <= 0:
            raise ValueError("must be above 0")
        return quantity

    @field_validator("note")
    @classmethod
    def an_empty_note_is_none(cls, note: str | None) -> str | None:
        return note or None  # an exported file can't tell them apart

    @field_validator("trade_date")
    @classmethod
    def trade_date_is_after_1969(cls, trade_date: Day) -> Day:
        if trade_date.year < 1970:  # noqa: PLR2004  named in the message
            raise ValueError("must not be before 1970-01-01")
        return trade_date


class NewTransaction(Trade):
    """`confirm` accepts a price far outside that day's range."""

    confirm: bool = Field(default=False, description="Accept a price far outside that day's range.")


class Renaming(Input):
    """Rename a ticker in all its transactions; `confirm` accepts prices far outside the new ticker's day ranges."""

    ticker: Ticker
    new_ticker: Ticker
    confirm: bool = Field(default=False, description="Accept prices far outside the new ticker's ranges.")

    @model_validator(mode="after")
    def tickers_differ(self) -> Self:
        if self.ticker == self.new_ticker:
            raise ValueError("new_ticker must differ from ticker")
        return self


class RenamingOut(Output):
    """The result of a renaming."""

    ticker: str
    new_ticker: str
    renamed: int = Field(description="Number of renamed transactions.")


class TransactionOut(Output):
    """One version of a transaction, amounts as text in the listing's currency."""

    transaction_id: UUID
    version: int
    ticker: str
    side: Literal["BUY", "SELL"]
    quantity: Amount
    price: Amount
    fees: Amount
    currency: str
    settlement_currency: str | None
    fx_rate: Rate | None
    trade_date: Day
    note: str | None
    is_deleted: bool
    recorded_at: datetime


class TransactionPage(Output):
    """Transactions, newest first, and where the next page begins."""

    items: list[TransactionOut]
    next_cursor: str | None


class TransactionHistory(Output):
    """Every version of one transaction, oldest first."""

    items: list[TransactionOut]
    next_cursor: str | None = None


class IdempotencyHeader(Input):
    """The header that makes a repeated POST harmless; other headers are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None = Field(
        default=None,
        description="Identifies the request: a repeat with the same key gets the first answer and writes nothing.",
    )


class TransactionFilter(Input):
    """Filters for transactions; both days inclusive."""

    ticker: Ticker | None = Field(default=None, description="Only trades in this ticker.")
    from_date: Day | None = Field(default=None, alias="from", description="Only trades from this day on.")
    to_date: Day | None = Field(default=None, alias="to", description="Only trades up to this day.")
    limit: Annotated[Count, Field(ge=1, le=MOST_ON_A_PAGE)] = Field(default=100, description="Maximum per page.")
    cursor: Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$")] | None = Field(
        default=None, description="The `next_cursor` of the previous page."
    )
