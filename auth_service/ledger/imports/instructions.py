"""What is said along with a file: its columns, what its symbols mean, and where its moments are days."""

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from auth_service.ledger.schemas import Side
from auth_service.strict_schemas import Input, Text, Ticker

DATE_PARTS = [["DD", month, year] for month in ("MM", "MMM") for year in ("YY", "YYYY")]
LONGEST_ZONE = 64  # characters; the longest there is has half as many
Name = Annotated[Text, Field(min_length=1, max_length=100)]


def own_words() -> dict[str, Literal["BUY", "SELL"]]:
    """The words for the sides where a mapping names none."""
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
    """The file's name of each of our columns.

    `ticker` or `isin` must be among them, and `price` or `total`: what a whole trade cost or brought. Fees may stand in
    several columns.
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

    Without a column for the side, a negative quantity is a sale. A row whose side is none of the words in `sides` is
    no trade. Fees count as paid whatever their sign. What stands behind a date, such as a time, is left out. The header
    is the first line that has all of the columns.
    """

    columns: Columns
    sides: dict[Name, Side] = Field(default_factory=own_words, max_length=50)
    date_format: Annotated[Text, Field(pattern=r"^[YMD ,./-]{6,14}$")] = Field(
        default="YYYY-MM-DD",
        description="YYYY or YY, MM or MMM, and DD. A date with the month's name and a whole year needs none.",
    )
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'"] = ""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    currency: Annotated[Text, Field(pattern="^[A-Za-z]{3}$")] | None = Field(
        default=None,
        description="Of the amounts, where no column tells it.",
    )
    total_includes_fees: bool = Field(default=True, description="Whether `total` is what was paid or received in all.")

    @field_validator("date_format")
    @classmethod
    def date_format_has_each_part_once(cls, date_format: str) -> str:
        if sorted(re.findall("[YMD]+", date_format)) not in DATE_PARTS:
            raise ValueError("must have YYYY or YY, MM or MMM, and DD once each and apart, as in DD.MM.YYYY")
        return date_format

    @model_validator(mode="after")
    def marks_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("must not have the same mark for decimals and for thousands")
        return self


class Instructions(Input):
    """What a file does not say itself: its columns, and which ticker a symbol or an ISIN of it means."""

    mapping: Mapping | None = None
    symbols: dict[Name, Ticker] = Field(default_factory=dict, max_length=5000)
    time_zone: TimeZone | None = Field(
        default=None, description="In which the file's moments are days, where it writes moments in UTC."
    )
