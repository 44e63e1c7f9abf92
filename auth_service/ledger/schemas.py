"""Requests and answers for transactions."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from auth_service.ledger.entry_types import TYPES, EntryType, misplaced, wrong_signs
from auth_service.plain_words import A_CURRENCY, also_refused, refused_fields
from auth_service.strict_schemas import (
    ID,
    Amount,
    Count,
    Day,
    Input,
    Output,
    Quantity,
    Rate,
    Repeated,
    SignedAmount,
    Text,
    Ticker,
    read_id,
)

MOST_ON_A_PAGE = 500


def read_upper(value: object) -> object:
    """A word in upper case, whatever case it came in."""
    return value.upper() if isinstance(value, str) else value


def any_case(*words: str) -> str:
    """A pattern for these words in either case."""
    told = ("".join(f"[{letter}{letter.lower()}]" for letter in word) for word in words)
    return f"^({'|'.join(told)})$"


Side = Annotated[
    Literal["BUY", "SELL"],
    BeforeValidator(read_upper),
    WithJsonSchema({"type": "string", "pattern": any_case("BUY", "SELL"), "example": "BUY"}),
]
TypeName = Annotated[str, GetPydanticSchema(lambda _type, _handler: core_schema.literal_schema([*TYPES]))]
Type = Annotated[
    TypeName,
    BeforeValidator(read_upper),
    WithJsonSchema({"type": "string", "pattern": any_case(*TYPES), "example": "BUY"}),
]
AccountId = Annotated[
    UUID,
    BeforeValidator(read_id),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": f"^{ID.pattern}$"}),
]


class Entry(Input):
    """What the ledger records. Which fields an entry has depends on its type; without `type`, `side` is the type."""

    ticker: Ticker | None = None
    side: Side | None = Field(default=None, description="BUY or SELL, in either case; no other type has a side.")
    quantity: Quantity | None = Field(
        default=None, description="Shares as of the trade's day, before later splits; above 0."
    )
    price: Amount | None = Field(
        default=None, description="Of one share, in the currency of the listing.", examples=["101.25"]
    )
    trade_date: Day = Field(
        description="From 1970 on, not in the future. Of a trade the exchange's calendar date, else the day of payment."
    )
    fees: Amount | None = Field(default=None, description="In the same currency.", examples=["1.50"])
    currency: Annotated[Text, Field(pattern="^[A-Za-z]{3}$", examples=["USD"])] | None = Field(
        default=None,
        description="Of a trade the listing's own; another one is refused. Without it, a dividend has the listing's "
        "and everything else the account's.",
    )
    settlement_currency: Annotated[Text, Field(pattern="^[A-Z]{3}$", examples=["EUR"])] | None = Field(
        default=None, description="The currency you paid in, if not the listing's. Needs `fx_rate`."
    )
    fx_rate: Rate | None = Field(
        default=None, description="Your broker's rate: units of the settlement currency for one unit of the listing's."
    )
    note: Annotated[Text, Field(max_length=1000, examples=["Monthly savings plan"])] | None = None
    type: Type | None = Field(default=None, description="In either case; without it, `side` is the type.")
    account_id: AccountId | None = Field(default=None, description="Without it, the user's first account.")
    amount: SignedAmount | None = Field(
        default=None,
        description="Of everything but a trade, before taxes and fees; not 0. Negative for interest paid, a refund of "
        "a fee or tax, and a dividend taken back; positive otherwise.",
    )
    taxes: SignedAmount | None = Field(
        default=None, description="Withheld, in the same currency; negative only where a dividend is taken back."
    )

    @property
    def of_type(self) -> str:
        """The name of its type."""
        return self.type or self.side or ""

    @property
    def entry_type(self) -> EntryType:
        return TYPES[self.of_type]

    @property
    def trade(self) -> "Trade":
        """The purchase or sale that it is."""
        given = {name: value for name in Trade.model_fields if (value := getattr(self, name)) is not None}
        return Trade.model_construct(**given | {"side": self.of_type})

    @field_validator("quantity")
    @classmethod
    def quantity_is_positive(cls, quantity: Decimal | None) -> Decimal | None:
        if quantity is not None and quantity <= 0:
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

    @model_validator(mode="wrap")
    @classmethod
    def has_the_fields_of_its_type(cls, sent: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            entry = read(sent)
        except ValidationError as refusal:
            raise also_refused(refusal, _misplaced(sent)) from None
        if wrong := _problems(entry):
            raise refused_fields(cls.__name__, wrong)
        return entry


def _problems(entry: Entry) -> dict[str, str]:
    """What does not go with the entry's type, by field."""
    if not entry.of_type:
        return _untyped(vars(entry))
    if entry.type and entry.side and entry.type != entry.side and "side" in entry.entry_type.has:
        return {"side": f"says {entry.side}, and type says {entry.type}: leave one of them out"}
    wrong = misplaced(entry.entry_type, vars(entry)) | wrong_signs(entry.entry_type, entry.amount, entry.taxes)
    if entry.currency and not entry.entry_type.moves_units and not entry.currency.isupper():
        wrong["currency"] = A_CURRENCY
    return wrong


def _misplaced(sent: Any) -> dict[str, str]:
    """The same of what could not be read, as far as its type can be told."""
    if not isinstance(sent, Mapping):
        return {}
    name = read_upper(sent.get("type") or sent.get("side"))
    if name is None:
        return _untyped(sent)
    return misplaced(TYPES[name], sent) if isinstance(name, str) and name in TYPES else {}


def _untyped(sent: Mapping[str, Any]) -> dict[str, str]:
    """What an entry without a type lacks; without an amount it can only be a trade."""
    trade = misplaced(TYPES["BUY"], sent) if sent.get("amount") is None else {}
    return {"type": "is missing: say BUY, SELL or what else it is"} | trade


class Trade(Entry):
    """One purchase or sale, as the broker's note tells it; `currency` is the listing's when left out."""

    ticker: Ticker
    side: Side
    quantity: Quantity
    price: Amount
    fees: Amount = Decimal(0)


class NewTransaction(Entry):
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
    """One version of a transaction, amounts as text in its currency; null where its type has no such field."""

    transaction_id: UUID
    version: int
    account_id: UUID
    type: TypeName
    ticker: str | None
    side: Literal["BUY", "SELL"] | None
    quantity: Quantity | None
    price: Amount | None
    amount: SignedAmount | None
    fees: Amount | None
    taxes: SignedAmount | None
    currency: str
    settlement_currency: str | None
    fx_rate: Rate | None
    trade_date: Day
    note: str | None
    group_id: UUID | None
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

    ticker: Ticker | None = Field(default=None, description="Only those of this ticker.")
    account: Repeated[AccountId] = Field(default=(), description="Only those of this account; may be repeated.")
    type: Repeated[Type] = Field(default=(), description="Only those of this type; may be repeated.")
    from_date: Day | None = Field(default=None, alias="from", description="Only those of this day and later.")
    to_date: Day | None = Field(default=None, alias="to", description="Only those of this day and earlier.")
    limit: Annotated[Count, Field(ge=1, le=MOST_ON_A_PAGE)] = Field(default=100, description="Most on one page.")
    cursor: Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$")] | None = Field(
        default=None, description="The `next_cursor` of the previous page."
    )
