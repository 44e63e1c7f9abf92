"""Parts of a portfolio add up, whatever they are called."""

from typing import Any

import pytest

from dashboard.analytics.allocation import shares


def held(ticker: str, value: float | None, **known: str | None) -> Any:
    return {"ticker": ticker, "market_value": value, "sector": None, "asset_class": None} | known


TICKERS = [
    held("AAA", 60.0, sector="Energy", asset_class="equity"),
    held("BBB", 30.0, asset_class="mutual_fund"),
    held("CCC", 10.0, sector="Energy", asset_class="equity"),
    held("SOLD", 0.0, sector="Utilities"),
    held("DARK", None, sector="Utilities"),
]


def test_parts_are_ordered_by_value_and_what_has_none_is_left_out() -> None:
    assert [(part["name"], part["weight"]) for part in shares(TICKERS, "ticker")] == [
        ("AAA", 0.6),
        ("BBB", 0.3),
        ("CCC", 0.1),
    ]


def test_tickers_of_one_sector_are_one_part_and_an_unknown_sector_is_said() -> None:
    assert [(part["name"], part["market_value"]) for part in shares(TICKERS, "sector")] == [
        ("Energy", 70.0),
        ("Unknown", 30.0),
    ]


def test_classes_are_written_for_people() -> None:
    assert [part["name"] for part in shares(TICKERS, "asset_class")] == ["Equity", "Mutual fund"]


def test_small_parts_beyond_the_most_are_one_and_nothing_is_lost() -> None:
    many = [held(f"T{number}", float(number)) for number in range(1, 13)]

    found = shares(many, "ticker", most=4)

    assert [part["name"] for part in found] == ["T12", "T11", "T10", "9 others"]
    assert [part["is_rest"] for part in found] == [False, False, False, True]
    assert sum(part["weight"] for part in found) == pytest.approx(1)
    assert found[-1]["market_value"] == 45


def test_a_portfolio_that_holds_nothing_has_no_parts() -> None:
    assert shares([held("SOLD", 0.0)], "ticker") == []


def test_cash_is_a_part_of_its_own_that_no_other_hides() -> None:
    many = [held(f"T{number}", float(number)) for number in range(1, 13)]

    found = shares(many, "sector", cash=22.0)
    crowded = shares(many, "ticker", cash=1.0, most=4)

    assert [(part["name"], part["weight"]) for part in found] == [("Unknown", 0.78), ("Cash", 0.22)]
    assert [part["name"] for part in crowded] == ["T12", "T11", "Cash", "10 others"]
    assert sum(part["weight"] for part in crowded) == pytest.approx(1)
    assert shares([], "ticker", cash=5.0) == [{"name": "Cash", "market_value": 5.0, "weight": 1.0, "is_rest": False}]


def test_what_is_owed_weighs_less_than_nothing_unless_it_is_all() -> None:
    assert [(part["name"], part["weight"]) for part in shares([held("AAA", 200.0)], "ticker", cash=-100.0)] == [
        ("AAA", 2.0),
        ("Cash", -1.0),
    ]
    assert [part["name"] for part in shares([held("AAA", 200.0)], "ticker", cash=-200.0)] == ["AAA"]
