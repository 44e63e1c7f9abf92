"""Currency codes that the API accepts."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_extra_types.currency_code import Currency

from auth_service.strict_schemas import Text


def refuse_unknown_currency(value: str) -> str:
    """An ISO 4217 currency; codes for gold and the like are rejected."""
    if value not in Currency.allowed_currencies:
        raise ValueError(f"{value} is not a currency code; use one such as USD, EUR or JPY")
    return value


CurrencyCode = Annotated[Text, Field(pattern="^[A-Z]{3}$", examples=["USD"]), AfterValidator(refuse_unknown_currency)]
