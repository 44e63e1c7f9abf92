"""Registering, signing in, and the profile."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_extra_types.currency_code import Currency

from auth_service.exact_json import NumberText
from auth_service.strict_schemas import Count, Input, Output, Text, Ticker

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


def refuse_unknown_currency(value: str) -> str:
    """A code of ISO 4217 that money is counted in; gold and the like have codes too."""
    if value not in Currency.allowed_currencies:
        raise ValueError(f"{value} is no currency of ISO 4217; codes are such as USD, EUR, JPY")
    return value


Email = Annotated[
    str,
    BeforeValidator(read_email),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{EMAIL.pattern.replace('a-z', 'A-Za-z')}$",
            "maxLength": LONGEST_EMAIL,
            "example": "ada@example.org",
        }
    ),
]
# Refused far above the longest password: hashing must not be fed megabytes.
Password = Annotated[
    str,
    BeforeValidator(read_password),
    Field(max_length=1024, examples=["correct horse battery staple"], json_schema_extra={"format": "password"}),
]
CurrencyCode = Annotated[Text, Field(pattern="^[A-Z]{3}$", examples=["USD"]), AfterValidator(refuse_unknown_currency)]
CostBasisMethod = Literal["average", "fifo"]
Scope = Literal["read", "write"]


class Registration(Input):
    """A new account: the address it signs in with, and the currency that its portfolio is added up in."""

    email: Email
    password: Password
    base_currency: CurrencyCode = "USD"


class Credentials(Input):
    """Address and password of an account."""

    email: Email
    password: Password


class TokenPair(Output):
    """Both tokens of a session; the access token is good for `expires_in` seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Profile(Output):
    """Who an account belongs to, and how its portfolio is counted."""

    user_id: str
    email: str
    created_at: datetime
    base_currency: str
    cost_basis_method: CostBasisMethod
    benchmark: str


class ProfileChange(Input):
    """Fields that are left out keep their values. A new password needs the current one, and can revoke every token."""

    current_password: Password | None = None
    new_password: Password | None = None
    revoke_tokens: bool = False
    base_currency: CurrencyCode | None = None
    cost_basis_method: CostBasisMethod | None = None
    benchmark: Ticker | None = None

    @model_validator(mode="after")
    def new_password_needs_the_current_one(self) -> "ProfileChange":
        """Refuse one without the other, with a ValueError as pydantic expects it."""
        if (self.current_password is None) != (self.new_password is None):
            raise ValueError("current_password and new_password go together")
        if self.revoke_tokens and self.new_password is None:
            raise ValueError("revoke_tokens goes with a new_password")
        return self


class Erasure(Input):
    """An account without a password has none to give; it needs a fresh sign-in."""

    current_password: Password | None = None


class SessionOut(Output):
    """One login that is not over; `last_refreshed_at` is at most an access token's lifetime before its last use."""

    session_id: UUID
    created_at: datetime
    last_refreshed_at: datetime
    expires_at: datetime
    is_current: bool


class SessionList(Output):
    """All sessions that are not over, the last refreshed first; `next_cursor` is always null."""

    items: list[SessionOut]
    next_cursor: str | None = None


class NewPersonalToken(Input):
    """Without `expires_in_days` the token is good until it is revoked; `current_password` is the account's, if any."""

    name: Annotated[Text, Field(min_length=1, max_length=100, examples=["Nightly report"])]
    scope: Scope = "read"
    expires_in_days: Annotated[Count, Field(ge=1, le=3650, examples=[90])] | None = None
    current_password: Password | None = None


class PersonalTokenOut(Output):
    """A use is noted once an hour at most."""

    token_id: UUID
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class IssuedPersonalToken(PersonalTokenOut):
    """The only answer that holds the token itself."""

    token: str


class PersonalTokenList(Output):
    """All tokens that have not expired, newest first; `next_cursor` is always null."""

    items: list[PersonalTokenOut]
    next_cursor: str | None = None


class OidcOffer(Output):
    """Whether people may sign in through another provider, and what to call it."""

    is_offered: bool
    name: str | None


class OidcStart(Output):
    """Where to send the person; the client keeps `state` in the person's session and compares it on the way back."""

    authorization_url: str
    state: str


class OidcReturn(Input):
    """What the provider gave the person along on the way back."""

    code: Annotated[Text, Field(min_length=1, max_length=4096, examples=["SplxlOBeZQQYbYS6WxSbIA"])]
    state: Annotated[Text, Field(min_length=1, max_length=256, examples=["af0ifjsldkj"])]
