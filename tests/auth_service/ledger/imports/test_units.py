"""Amounts in a currency and in units of less than one of it."""

from decimal import Decimal

import pytest

from auth_service.ledger.imports.amounts import hundredths


@pytest.mark.parametrize(
    ("given", "listed", "factor"),
    [
        *(("GBP", "GBp", 100), ("GBp", "GBP", "0.01"), ("GBX", "GBp", 1), ("USD", "USX", 100), ("ZAR", "ZAc", 100)),
        *(("KWD", "KWF", 1000), ("KWF", "KWD", "0.001"), ("EUR", "EUR", 1), ("EUR", "GBp", None), ("EUX", "USX", None)),
    ],
)
def test_an_amount_is_brought_to_the_unit_of_the_listing(given: str, listed: str, factor: object) -> None:
    assert hundredths(given, listed) == (None if factor is None else Decimal(str(factor)))
