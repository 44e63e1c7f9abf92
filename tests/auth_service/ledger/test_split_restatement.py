"""Trades as another tool keeps them after a split: asked about, with the split and what the trade was on its day."""

from datetime import date
from decimal import Decimal

import pytest

from auth_service.ledger.oversell import Split
from auth_service.ledger.split_restatement import advice
from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.imports.uploads import send
from tests.auth_service.ledger.test_transfer import HEADER

ASKED = (
    "SPLT traded between 98 and 102 on 2024-01-02. 50 is the price after the 2-for-1 split of 2024-01-03. As of that "
    "day, 20 at 50 is 10 at 100: enter that, or confirm 20 at 50 if it is right."
)


def test_a_purchase_at_half_the_price_before_a_split_of_two_for_one_is_asked_about(alice: Person) -> None:
    asked = answer(alice.trade("BUY", "20", ticker="SPLT", price="50"), 422)

    assert (asked["error"], asked["message"]) == ("implausible_price", ASKED)
    assert answer(alice.trade("BUY", "20", ticker="SPLT", price="50", confirm=True), 201)["quantity"] == "20"


def test_so_is_one_of_prices_that_are_kept_split_adjusted(alice: Person) -> None:
    asked = refusal(alice.trade("BUY", "3", ticker="ADJ", price="50"))

    assert "3 at 50 is 1.5 at 100: enter that, or confirm 3 at 50" in asked


def test_a_file_asks_row_by_row(alice: Person) -> None:
    content = (HEADER + "SPLT,BUY,20,50,0,,2024-01-02,\nSPLT,BUY,10,100,0,,2024-01-02,\n").encode()

    assert answer(send(alice, content), 422)["fields"] == {"2": ASKED}
    assert answer(send(alice, content, "?confirm=true"))["added"] == 2


def test_a_trade_after_the_split_or_at_its_days_price_is_none(alice: Person) -> None:
    assert alice.trade("BUY", "20", ticker="SPLT", price="50", trade_date="2024-01-03").status_code == 201
    assert alice.trade("BUY", "20", ticker="SPLT", price="95").status_code == 201


@pytest.mark.parametrize(
    ("ratios", "price", "told"),
    [
        (["2"], "50", "2-for-1 split of 2023-01-01. As of that day, 20 at 50 is 10 at 100"),
        (["10"], "10", "10-for-1 split of 2023-01-01. As of that day, 20 at 10 is 2 at 100"),
        (["1.5"], "66.67", "3-for-2 split of 2023-01-01. As of that day, 20 at 66.67 is 13.33333333 at 100.005"),
        (["0.1"], "1000", "1-for-10 split of 2023-01-01. As of that day, 20 at 1000 is 200 at 100"),
        (["4", "5"], "5", "4-for-1 split of 2023-01-01 and the 5-for-1 split of 2023-02-01. As of that day, 20 at 5"),
        (["4", "5"], "25", "4-for-1 split of 2023-01-01. As of that day, 20 at 25 is 5 at 100"),
        (["2"], "100", None),
        (["2"], "80", None),  # no price of either scale: the day's range alone decides
        (["1.05"], "95.24", None),  # nobody could tell
        ([], "50", None),
    ],
)
def test_the_splits_are_those_that_lead_to_the_days_price(ratios: list[str], price: str, told: str | None) -> None:
    later = [Split(date(2023, month, 1), Decimal(ratio)) for month, ratio in enumerate(ratios, start=1)]

    found = advice(Decimal(20), Decimal(price), Decimal(100), Decimal(100), later)

    assert (found is None) == (told is None)
    assert told is None or told in str(found)
