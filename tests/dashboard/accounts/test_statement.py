"""The statement of an account, and what is said of the broker's paper."""

from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounts import layout, statement
from dashboard.accounts.matching import Cause
from tests.dashboard.accounts.test_matching import AUTOMATIC, DEPOSIT, moved

MAIN: Any = {"account_id": "a", "name": "Main", "currency": "USD", "tracks_cash": True, "is_closed": False}
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1,234", "1234"),
        ("-12,50", "-12.50"),
        ("\N{MINUS SIGN}0.01", "-0.01"),
        ("1'000.50", "1000.50"),
    ],
)
def test_a_balance_is_read_as_people_type_it(typed: str, amount: str) -> None:
    assert statement.amount_of(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", [None, "", "abc", "NaN", "Infinity", "1.2.3"])
def test_what_is_no_number_is_no_balance(typed: str | None) -> None:
    assert statement.amount_of(typed) is None


def test_a_statement_begins_and_ends_with_a_balance() -> None:
    of_currency: Any = {"currency": "EUR", "opening": "10", "movements": [DEPOSIT, AUTOMATIC], "closing": "610.004"}

    shown = str(statement.tables([of_currency], "2024-01-01", "2024-01-31"))

    for text in ("before Jan 1, 2024", "after Jan 31, 2024", "€10.00", "+€500.00", "€610.00", "Dividend VTI"):
        assert text in shown
    assert "Jan 2, 2024, automatic" in shown
    assert statement.AUTOMATIC in shown


def test_nothing_moved_is_said() -> None:
    assert "Nothing moved in this account up to Jan 31, 2024." in str(statement.tables([], "2024-01-01", "2024-01-31"))


def test_a_paper_that_matches_says_so() -> None:
    shown = statement.comparison(Decimal(0), "USD", "2024-01-31", [])

    assert shown.children == "It matches on Jan 31, 2024, to the cent."


def test_a_difference_is_told_with_what_may_explain_it() -> None:
    found = [Cause("not_on_paper", AUTOMATIC), Cause("withheld", AUTOMATIC, Decimal("0.15")), Cause("twice", DEPOSIT)]

    shown = str(statement.comparison(Decimal(-100), "USD", "2024-01-31", found))

    assert "The paper says $100.00 less than your ledger on Jan 31, 2024." in shown
    assert "Dividend VTI of $100.00 on Jan 2, 2024" in shown
    assert "nobody recorded it, and it may not be on the paper" in shown
    assert "15.0% may have been withheld as tax" in shown
    assert "is in your ledger twice" in shown
    assert "A withdrawal, a purchase, a fee or a tax of $100.00" in shown
    assert "/ledger?ticker=VTI" in shown


def test_an_account_tells_its_balance_in_each_currency_and_one_below_zero_is_marked() -> None:
    cash: Any = [
        {"account_id": "a", "currency": currency, "date": "2024-01-02", "balance": balance}
        for currency, balance in (("USD", 12.5), ("EUR", -3.0))
    ]
    others = [MAIN | {"account_id": "b", "name": SCRIPT, "tracks_cash": False, "is_closed": True}]

    shown = str(layout.account_table([MAIN, *others], cash))

    for text in ("$12.50", "-€3.00", "below zero", layout.BELOW_ZERO, "not kept", "closed", SCRIPT):
        assert text in shown


def test_what_moved_is_named_whatever_its_type() -> None:
    unheard: Any = {"currency": "USD", "opening": "0", "movements": [moved("5", kind="TRANSFER_IN")], "closing": "5"}

    assert "Transfer in" in str(statement.tables([unheard], "2024-01-01", "2024-01-31"))
