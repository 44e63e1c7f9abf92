"""Instructions sent with a file: its columns, the meaning of its symbols, and its time zone."""

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from auth_service.ledger.schemas import Side
from auth_service.strict_schemas import Input, Text, Ticker

DATE_PARTS = [["DD", month, year] for month in ("MM", "MMM") for year in ("YY", "YYYY")]
LONGEST_ZONE = 64  # characters; twice the longest name there is
Name = Annotated[Text, Field(min_length=1, max_length=100)]


def own_words() -> dict[str, Literal["BUY", "SELL"]]:
    """The words for the sides if a mapping has none."""
    return {"BUY": "BUY", "SELL": "SELL"}


def read_time_zone(value: object) -> object:
    """A time zone by its name."""
    if isinstance(value, str):
        try:
            return ZoneInfo(value[:LONGEST_ZONE])
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise ValueError("must be a time zone such as Europe/Berlin or America/New_York") from unknown
    return value


TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(read_time_zone),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_ZONE, "example": "Europe/Berlin"}),
]


class Columns(Input):
    """The file's name for each of our columns.

    Map `ticker` or `isin`, and `price` or `total`: what a whole trade cost or brought. Fees may be spread over several
    columns.
    """

    quantity: Name
    trade_date: Name
    price: Name | None = None
    total: Name | None = None
    ticker: Name | None = None
    isin: Name | None = None
    side: Name | None = None
    fees: Name | Annotated[list[Name], Field(min_length=1, max_length=10)] | None = None
    currency: Name | None = None
    fees_currency: Name | None = None
    note: Name | None = None

    @model_validator(mode="after")
    def names_an_instrument(self) -> Self:
        if not (self.ticker or self.isin):
            raise ValueError("must name the column of the ticker or of the ISIN")
        return self

    @model_validator(mode="after")
    def names_one_price(self) -> Self:
        if bool(self.price) == bool(self.total):
            raise ValueError("must name the column of the price or of the total, and not both")
        return self


class Mapping(Input):
    """Which of a CSV's columns is which of ours, and how it writes things.

    Without a column for the side, a negative quantity is a sale. A row is no trade if its side is not among the words
    in `sides`. Fees count as paid whatever their sign. Anything after a date, such as a time, is ignored. The header is
    the first line with all of the columns.
    """

    columns: Columns
    sides: dict[Name, Side] = Field(default_factory=own_words, max_length=50)
    date_format: Annotated[Text, Field(pattern=r"^[YMD ,./-]{6,14}$")] = Field(
        default="YYYY-MM-DD",
        description="YYYY or YY, MM or MMM, and DD. Not needed for dates with the month's name and a four-digit year.",
    )
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'"] = ""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    currency: Annotated[Text, Field(pattern="^[A-Za-z]{3}$")] | None = Field(
        default=None,
        description="The amounts' currency, if no column has it.",
    )
    total_includes_fees: bool = Field(default=True, description="Whether `total` includes fees.")

    @field_validator("date_format")
    @classmethod
    def date_format_has_each_part_once(cls, date_format: str) -> str:
        if sorted(re.findall("[YMD]+", date_format)) not in DATE_PARTS:
            raise ValueError("must have YYYY or YY, MM or MMM, and DD once each with separators, as in DD.MM.YYYY")
        return date_format

    @model_validator(mode="after")
    def marks_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("must have different marks for decimals and thousands")
        return self


class Instructions(Input):
    """What a file does not say itself: its columns, and the tickers for its symbols or ISINs."""

    mapping: Mapping | None = None
    symbols: dict[Name, Ticker] = Field(default_factory=dict, max_length=5000)
    time_zone: TimeZone | None = Field(
        default=None, description="The time zone of the file's days, if it writes times in UTC."
    )
