"""Requests and answers for registering, signing in, and the profile."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from auth_service.currencies import CurrencyCode
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
    """Any characters, as long as they are text."""
    if isinstance(value, NumberText):
        raise ValueError("must be text in quotation marks")  # noqa: TRY004  pydantic listens for ValueError
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
# Rejected far above the longest password, so that hashing never gets megabytes.
Password = Annotated[
    str,
    BeforeValidator(read_password),
    Field(max_length=1024, examples=["correct horse battery staple"], json_schema_extra={"format": "password"}),
]
CostBasisMethod = Literal["average", "fifo"]
Scope = Literal["read", "write"]


class Registration(Input):
    """A new account: its sign-in address, and its portfolio's base currency."""

    email: Email
    password: Password
    base_currency: CurrencyCode = "USD"


class Credentials(Input):
    """An account's address and password."""

    email: Email
    password: Password


class TokenPair(Output):
    """A session's two tokens; the access token is valid for `expires_in` seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Profile(Output):
    """The account, and the settings of its portfolio."""

    user_id: str
    email: str
    created_at: datetime
    base_currency: str
    cost_basis_method: CostBasisMethod
    benchmark: str


class ProfileChange(Input):
    """Omitted fields keep their values. A new password needs the current one, and can revoke every token."""

    current_password: Password | None = None
    new_password: Password | None = None
    revoke_tokens: bool = False
    base_currency: CurrencyCode | None = None
    cost_basis_method: CostBasisMethod | None = None
    benchmark: Ticker | None = None

    @model_validator(mode="after")
    def new_password_needs_the_current_one(self) -> "ProfileChange":
        """Raise ValueError, as pydantic expects, for one without the other."""
        if (self.current_password is None) != (self.new_password is None):
            raise ValueError("send current_password and new_password together")
        if self.revoke_tokens and self.new_password is None:
            raise ValueError("revoke_tokens needs a new_password")
        return self


class Erasure(Input):
    """An account without a password needs a recent sign-in instead."""

    current_password: Password | None = None


class SessionOut(Output):
    """An active login; its last use is at most an access token's lifetime after `last_refreshed_at`."""

    session_id: UUID
    created_at: datetime
    last_refreshed_at: datetime
    expires_at: datetime
    is_current: bool


class SessionList(Output):
    """All active sessions, last refreshed first; `next_cursor` is always null."""

    items: list[SessionOut]
    next_cursor: str | None = None


class NewPersonalToken(Input):
    """Without `expires_in_days` the token never expires; `current_password` is the account's, if it has one."""

    name: Annotated[Text, Field(min_length=1, max_length=100, examples=["Nightly report"])]
    scope: Scope = "read"
    expires_in_days: Annotated[Count, Field(ge=1, le=3650, examples=[90])] | None = None
    current_password: Password | None = None


class PersonalTokenOut(Output):
    """Uses are recorded at most once an hour."""

    token_id: UUID
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class IssuedPersonalToken(PersonalTokenOut):
    """The only answer that contains the token itself."""

    token: str


class PersonalTokenList(Output):
    """All unexpired tokens, newest first; `next_cursor` is always null."""

    items: list[PersonalTokenOut]
    next_cursor: str | None = None


class OidcOffer(Output):
    """Whether people may sign in through a provider, and its display name."""

    is_offered: bool
    name: str | None


class OidcStart(Output):
    """Where to send the person; the client keeps `state` in the person's session and compares it on the way back."""

    authorization_url: str
    state: str


class OidcReturn(Input):
    """What the provider sent back with the person."""

    code: Annotated[Text, Field(min_length=1, max_length=4096, examples=["SplxlOBeZQQYbYS6WxSbIA"])]
    state: Annotated[Text, Field(min_length=1, max_length=256, examples=["af0ifjsldkj"])]
