"""What is held when: exact, split-safe, and the same as a plain model that knows no inception units."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_service.ledger.oversell import PositionTrade, Shortfall, Split, shortfalls

FIRST_DAY = date(2024, 1, 1)


def trade(side: str, quantity: str, day: int, entry: int) -> PositionTrade:
    return PositionTrade("VTI", FIRST_DAY + timedelta(days=day), side, Decimal(quantity), entry)


def test_a_sale_of_all_that_a_split_made_of_a_purchase_is_covered() -> None:
    splits = [Split(FIRST_DAY + timedelta(days=1), Decimal(2))]

    assert list(shortfalls([trade("BUY", "2.5", 0, 1), trade("SELL", "5", 1, 2)], splits)) == []


def test_a_shortfall_tells_what_was_held_in_shares_of_its_own_day() -> None:
    splits = [Split(FIRST_DAY + timedelta(days=1), Decimal(2))]

    found = list(shortfalls([trade("BUY", "2.5", 0, 1), trade("SELL", "6", 1, 2)], splits))

    assert found == [Shortfall("VTI", FIRST_DAY + timedelta(days=1), Decimal(6), Decimal(5), 2)]


def test_a_split_into_sevenths_leaves_nothing_behind() -> None:
    splits = [Split(FIRST_DAY + timedelta(days=1), Decimal(7))]
    trades = [trade("BUY", "1", 0, 1), *(trade("SELL", "1", 2, entry) for entry in range(2, 9))]

    assert list(shortfalls(trades, splits)) == []


@pytest.mark.parametrize(("bought", "shown"), [("10", "3.33333333"), ("20", "6.66666667")])
def test_the_quantity_that_is_shown_after_one_for_three_can_be_sold_and_leaves_nothing(bought: str, shown: str) -> None:
    splits = [Split(FIRST_DAY + timedelta(days=1), Decimal("0.33333333333333"))]
    trades = [trade("BUY", bought, 0, 1), trade("SELL", shown, 2, 2), trade("SELL", "0.00000001", 3, 3)]

    assert [(found.entry, found.held) for found in shortfalls(trades, splits)] == [(3, Decimal(0))]


def test_a_sale_entered_before_its_purchase_of_the_same_day_is_covered() -> None:
    assert list(shortfalls([trade("SELL", "1", 0, 1), trade("BUY", "1", 0, 2)], [])) == []


@pytest.mark.parametrize(
    ("part", "parts", "sold"),
    [
        ("0.01234567", 12, "0.14814809"),  # each of 0.012345674, which were sold as 0.148148088
        ("0.01234568", 3, "0.03703703"),  # each of 0.0123456757, which were sold as 0.037037027
        ("0.33333333", 100, "33.33333333"),
    ],
)
def test_parts_that_were_rounded_are_sold_whole_and_leave_nothing(part: str, parts: int, sold: str) -> None:
    bought = [trade("BUY", part, number, number) for number in range(parts)]
    last = [trade("SELL", sold, parts, parts), trade("SELL", "0.00000001", parts + 1, parts + 1)]

    assert [(found.entry, found.held) for found in shortfalls([*bought, *last], [])] == [(parts + 1, Decimal(0))]


def test_more_than_rounding_explains_is_not_covered() -> None:
    bought = [trade("BUY", "0.01234567", number, number) for number in range(12)]

    assert [found.held for found in shortfalls([*bought, trade("SELL", "0.14814817", 12, 12)], [])] == [
        Decimal("0.14814804")
    ]


def test_a_position_of_dust_is_sold_by_its_digits() -> None:
    bought = [trade("BUY", "0.00000001", number, number) for number in range(9)]
    sales = [trade("SELL", "0.00000005", 9, 9), trade("SELL", "0.00000005", 10, 10)]

    assert [(found.entry, found.held) for found in shortfalls([*bought, *sales], [])] == [(10, Decimal("0.00000004"))]


def test_the_next_sale_is_judged_as_if_an_uncovered_one_had_not_been() -> None:
    trades = [trade("BUY", "2", 0, 1), trade("SELL", "3", 1, 2), trade("SELL", "2", 2, 3), trade("SELL", "1", 3, 4)]

    assert [(found.entry, found.held) for found in shortfalls(trades, [])] == [(2, Decimal(2)), (4, Decimal(0))]


def day_by_day(trades: list[PositionTrade], splits: list[Split]) -> list[int]:
    """The entries of uncovered sales, by walking the calendar and multiplying the shares held on every split."""
    held, uncovered = Fraction(0), []
    for offset in range(12):
        day = FIRST_DAY + timedelta(days=offset)
        for split in splits:
            if split.ex_date == day:
                held *= Fraction(split.ratio)
        todays = [trade for trade in trades if trade.trade_date == day]
        held += sum((Fraction(trade.quantity) for trade in todays if trade.side == "BUY"), Fraction(0))
        for sale in sorted((trade for trade in todays if trade.side == "SELL"), key=lambda trade: trade.entry):
            if held < Fraction(sale.quantity):
                uncovered.append(sale.entry)
            else:
                held -= Fraction(sale.quantity)
    return uncovered


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 9), st.integers(0, 10)), max_size=12),
    st.lists(st.tuples(st.integers(0, 10), st.sampled_from(["2", "3", "7", "0.5", "0.1"])), max_size=3),
)
def test_the_same_sales_are_uncovered_as_in_a_walk_through_the_calendar(
    drawn: list[tuple[str, int, int]], drawn_splits: list[tuple[int, str]]
) -> None:
    trades = [trade(side, str(quantity), day, entry) for entry, (side, quantity, day) in enumerate(drawn)]
    splits = [Split(FIRST_DAY + timedelta(days=day), Decimal(ratio)) for day, ratio in drawn_splits]

    assert [found.entry for found in shortfalls(trades, splits)] == day_by_day(trades, splits)
