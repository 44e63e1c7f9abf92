"""Which rows may explain why a balance is not the one on the paper."""

from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounts.matching import Cause, causes, difference


def moved(amount: str, *, kind: str = "DEPOSIT", ticker: str | None = None, entry: str | None = "x") -> Any:
    row = {"date": "2024-01-02", "type": kind, "ticker": ticker, "transaction_id": entry}
    return row | {"amount": amount, "balance": "0"}


AUTOMATIC = moved("100.004", kind="DIVIDEND", ticker="VTI", entry=None)
DEPOSIT, WITHDRAWAL = moved("500"), moved("-20", kind="WITHDRAWAL")
ALL = [AUTOMATIC, DEPOSIT, WITHDRAWAL]


def test_the_difference_is_told_to_the_cent() -> None:
    assert difference("580.004", Decimal(580)) == 0
    assert difference("580.006", Decimal(580)) == Decimal("-0.01")


def test_an_automatic_dividend_that_is_the_whole_difference_may_not_be_on_the_paper() -> None:
    assert causes(Decimal("-100.00"), ALL) == [Cause("not_on_paper", AUTOMATIC)]


def test_a_movement_that_went_the_other_way_explains_twice_its_amount() -> None:
    assert causes(Decimal("40.00"), ALL) == [Cause("wrong_way", WITHDRAWAL)]
    assert causes(Decimal("20.00"), ALL) == [Cause("not_on_paper", WITHDRAWAL)]


def test_a_movement_that_stands_there_twice_comes_first_and_once() -> None:
    again = moved("500", entry="y")

    assert causes(Decimal("-500.00"), [DEPOSIT, again]) == [Cause("twice", DEPOSIT)]


@pytest.mark.parametrize(("missing", "share"), [("-15.00", "0.15"), ("-26.38", "0.26375"), ("-30.00", "0.3")])
def test_taxes_that_are_usually_withheld_are_recognised(missing: str, share: str) -> None:
    assert causes(Decimal(missing), ALL) == [Cause("withheld", AUTOMATIC, Decimal(share))]


def test_money_that_the_ledger_lacks_is_no_tax() -> None:
    assert causes(Decimal("15.00"), ALL) == []
