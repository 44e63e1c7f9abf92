"""What a chart says to those who don't see it."""

from typing import Any

import pytest

from dashboard.analytics import captions as gists
from dashboard.ui import formats


def test_value_is_told_from_the_first_day_to_the_last() -> None:
    series: Any = {
        "date": ["2024-01-02", "2024-01-05"],
        "market_value": [100.0, 250.4],
        "net_invested": [100.0, 200.0],
    }

    assert gists.value(series, "USD") == (
        "Market value from $100 on Jan 2, 2024 to $250 on Jan 5, 2024; net invested $200."
    )


@pytest.mark.parametrize(
    ("basis", "measure"),
    [("nominal", ""), ("real", " after inflation"), ("excess", " over Treasury bills")],
)
def test_a_return_is_told_in_its_measure_beside_the_benchmark(basis: str, measure: str) -> None:
    found: Any = {
        "date": ["2024-01-01", "2024-01-05"],
        "portfolio": [0.0, 0.123],
        "benchmark": [0.0, None],
    }

    assert gists.cumulative_return(found, basis, "SPY") == (
        f"Return{measure} from Jan 1, 2024 to Jan 5, 2024: your portfolio +12.3%, SPY {formats.UNKNOWN}."
    )


def test_drawdown_tells_the_deepest_and_the_last() -> None:
    episode: Any = {"peak_on": "2024-01-01", "lowest_on": "2024-01-03", "recovered_on": None, "depth": -0.3}

    assert gists.drawdown([0.0, -0.3, -0.1], [episode]) == "Deepest drawdown -30.0% on Jan 3, 2024; now -10.0%."
    assert gists.drawdown([0.0], []) == "The portfolio has never been below its peak."


def test_months_tell_best_and_worst() -> None:
    assert gists.months({"2024-01": 0.1, "2024-02": -0.2, "2024-03": None}) == (
        "2 months, 1 of them positive. Best: Jan 2024 +10.0%. Worst: Feb 2024 -20.0%."
    )


def test_a_look_back_that_is_too_long_says_what_to_do() -> None:
    assert gists.rolling("Volatility", [None, 0.1, 0.3], as_percent=True) == (
        "Volatility between 10.0% and 30.0%; last 30.0%."
    )
    assert "Choose a shorter period." in gists.rolling("Sharpe ratio", [None], as_percent=False)


def test_parts_and_earners_are_told_with_their_numbers() -> None:
    shares: Any = [{"name": "VTI", "weight": 0.75}, {"name": "BND", "weight": 0.25}]
    earners: Any = [
        {"ticker": "A", "total_pnl": 5.0},
        {"ticker": "B", "total_pnl": -7.0},
        {"ticker": "C", "total_pnl": None},
    ]

    assert gists.allocation(shares) == "VTI 75.0%, BND 25.0%."
    assert gists.profit_and_loss(earners, "USD") == "Best: A +$5. Worst: B -$7."


def test_dividends_with_an_unknown_part_have_no_total() -> None:
    rows: Any = [{"year": 2023, "amount": 10.0}, {"year": 2024, "amount": 5.0}]
    unknown: Any = {"year": 2024, "amount": None}

    assert gists.dividends(rows, "USD") == "$15 from 2023 to 2024."
    assert gists.dividends([*rows, unknown], "USD") == (f"{formats.UNKNOWN} from 2023 to 2024.")


def test_regimes_are_told_by_the_year() -> None:
    rows: Any = [
        {"dimension": "regime", "name": "goldilocks", "annualised_return": 0.195},
        {"dimension": "phase", "name": "expansionary", "annualised_return": 0.1},
        {"dimension": "regime", "name": None, "annualised_return": 0.2},
    ]

    assert gists.regimes(rows) == "goldilocks +19.5% a year"


def test_a_window_whose_days_are_not_built_yet_has_nothing_to_draw() -> None:
    series: Any = {"date": [], "market_value": [], "net_invested": []}

    assert gists.value(series, "USD") == gists.NOTHING
    assert gists.cumulative_return(series, "nominal", "SPY") == gists.NOTHING
