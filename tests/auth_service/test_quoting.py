"""Amounts as sentences write them."""

from decimal import Decimal

import pytest

from auth_service.quoting import amount_text


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        ("100.50", 8, "100.5"),
        ("0E-8", 8, "0"),
        ("1E+3", 8, "1000"),
        ("-0.123456785", 8, "-0.12345678"),  # half-even
        ("101.25005", 4, "101.25"),
        (f"{10**40}.5", 8, f"{10**40}.5"),
    ],
)
def test_an_amount_has_no_trailing_zeros_and_no_exponent(amount: str, decimals: int, text: str) -> None:
    assert amount_text(Decimal(amount), decimals) == text
