"""Registering, signing in, and the profile."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from auth_service.schemas.strict import Input, Output, Text, Ticker
from auth_service.strict_json import NumberText

LONGEST_EMAIL = 254
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")


def read_email(value: object) -> str:
    """An address in lower case."""
    if (
        not isinstance(value, str)
        or len(value) > LONGEST_EMAIL
        or not value.isascii()
        or not EMAIL.fullmatch(value.lower())
    ):
        raise ValueError("must be an e-mail address such as ada@example.org")
    return value.lower()


def read_password(value: object) -> object:
    """Any characters at all, as long as they came as text."""
    if isinstance(value, NumberText):
        raise ValueError("must be text in quotation marks")  # noqa: TRY004  pydantic listens for ValueError
    return value


Email = Annotated[str, BeforeValidator(read_email), WithJsonSchema({"type": "string", "format": "email"})]
# Refused far above the longest password: hashing must not be fed megabytes.
Password = Annotated[str, BeforeValidator(read_password), Field(max_length=1024)]
CurrencyCode = Annotated[Text, Field(pattern="^[A-Z]{3}$")]
CostBasisMethod = Literal["average", "fifo"]


class Registration(Input):
    email: Email
    password: Password
    base_currency: CurrencyCode = "USD"


class Credentials(Input):
    email: Email
    password: Password


class TokenPair(Output):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Profile(Output):
    user_id: str
    email: str
    created_at: datetime
    base_currency: str
    cost_basis_method: CostBasisMethod
    benchmark: str


class ProfileChange(Input):
    """What is left out stays; a new password needs the current one beside it."""

    current_password: Password | None = None
    new_password: Password | None = None
    base_currency: CurrencyCode | None = None
    cost_basis_method: CostBasisMethod | None = None
    benchmark: Ticker | None = None

    @model_validator(mode="after")
    def new_password_needs_the_current_one(self) -> "ProfileChange":
        if (self.current_password is None) != (self.new_password is None):
            raise ValueError("current_password and new_password go together")
        return self
