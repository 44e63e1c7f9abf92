"""Cash: what may be asked, and the shape of what is told."""

from datetime import date
from uuid import UUID

from pydantic import Field

from auth_service.figures.filters import DateRange
from auth_service.ledger.schemas import AccountId
from auth_service.strict_schemas import Day, Output, Repeated


class CashFilter(DateRange):
    from_date: Day | None = Field(
        default=None,
        alias="from",
        description="The first day; without it the oldest, or the newest if `to` is missing.",
    )
    account: Repeated[AccountId] = Field(default=(), description="Only of this account; may be repeated.")


class CashBalance(Output):
    """What an account had of a currency at the end of a day; negative where it owed."""

    account_id: UUID
    currency: str
    date: date
    balance: float


class CashBalanceList(Output):
    items: list[CashBalance]
    next_cursor: str | None = None


class CashMovement(Output):
    """What came in or, negative, went out; without `transaction_id` it is a dividend that the price source tells."""

    date: date
    type: str
    ticker: str | None
    transaction_id: UUID | None
    amount: str = Field(description="Exact, in the currency of the statement.")
    balance: str = Field(description="After it.")


class CashStatement(Output):
    """One currency of an account: closing = opening + the sum of its movements, exactly."""

    currency: str
    opening: str = Field(description="Before the first day.", examples=["1000"])
    movements: list[CashMovement]
    closing: str = Field(description="After the last day.", examples=["987.65"])


class CashStatementList(Output):
    items: list[CashStatement]
    next_cursor: str | None = None
