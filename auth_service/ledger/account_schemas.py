"""Requests and answers about accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from auth_service.currencies import CurrencyCode
from auth_service.strict_schemas import Input, Output, Text

TRACKS_CASH = (
    "Whether it keeps cash: a balance per currency, moved by everything recorded in it. Otherwise the money for a "
    "purchase comes from outside, and that of a sale or dividend leaves."
)
IS_CLOSED = "Whether it takes no further entries."


def refuse_blanks_around(name: str) -> str:
    """A name that is one line and looks like what it is."""
    if name != " ".join(name.split()):
        raise ValueError("must be one line, without spaces around it and with single ones within")
    return name


AccountName = Annotated[
    Text, Field(min_length=1, max_length=100, examples=["Savings plan"]), AfterValidator(refuse_blanks_around)
]


class NewAccount(Input):
    name: AccountName = Field(description="Unlike the names of the user's other accounts, in either case.")
    currency: CurrencyCode | None = Field(
        default=None, description="That of entries which name none; without it, the first account's."
    )
    tracks_cash: bool = Field(default=False, description=TRACKS_CASH)


class AccountChange(Input):
    """Fields that are left out keep their values."""

    name: AccountName | None = Field(
        default=None, description="Unlike the names of the user's other accounts, in either case."
    )
    currency: CurrencyCode | None = Field(default=None, description="That of later entries which name none.")
    tracks_cash: bool | None = Field(default=None, description=TRACKS_CASH)
    is_closed: bool | None = Field(default=None, description=IS_CLOSED)


class AccountOut(Output):
    """One account."""

    account_id: UUID
    name: str
    currency: str
    tracks_cash: bool = Field(description=TRACKS_CASH)
    is_closed: bool = Field(description=IS_CLOSED)
    created_at: datetime


class AccountList(Output):
    """Every account: the user's first one, then the others by their age."""

    items: list[AccountOut]
    next_cursor: str | None = None
