"""Months, years and moving statistics, worked by hand."""

from statistics import mean, stdev
from typing import Any

import pytest

from dashboard.analytics.periods import monthly, returns_of, rolling, rolling_sharpe, rolling_volatility, yearly

DAYS = ["2023-12-29", "2024-01-02", "2024-01-31", "2024-02-01"]
RETURNS = [0.1, 0.2, -0.5, 0.3]


def test_a_month_compounds_its_days() -> None:
    assert monthly(DAYS, RETURNS) == {
        "2023-12": pytest.approx(0.1),
        "2024-01": pytest.approx(-0.4),
        "2024-02": pytest.approx(0.3),
    }


def test_a_year_compounds_its_months() -> None:
    assert yearly(DAYS, RETURNS) == {"2023": pytest.approx(0.1), "2024": pytest.approx(-0.22)}


def test_a_month_with_an_unknown_day_is_unknown() -> None:
    assert monthly(DAYS, [0.1, 0.2, None, 0.3])["2024-01"] is None


def test_volatility_looks_back_on_as_many_days_as_asked() -> None:
    found = rolling_volatility([0.01, -0.01, 0.03, 0.0], 3, 252)

    assert found[:2] == [None, None]
    assert found[2:] == pytest.approx([stdev([0.01, -0.01, 0.03]) * 252**0.5, stdev([-0.01, 0.03, 0.0]) * 252**0.5])


def test_volatility_is_unknown_while_an_unknown_day_is_looked_back_on() -> None:
    found = rolling_volatility([None, 0.01, -0.01, 0.03], 2, 252)

    assert found[:2] == [None, None]
    assert None not in found[2:]


def test_sharpe_is_over_treasury_bills_which_are_zero_where_unknown() -> None:
    excess = [0.01 - 0.001, -0.01 - 0.001, 0.03]

    found = rolling_sharpe([0.01, -0.01, 0.03], [0.001, 0.001, None], 3, 252)

    assert found == [None, None, pytest.approx(mean(excess) / stdev(excess) * 252**0.5)]


def test_a_coin_and_a_fund_priced_each_month_scatter_by_their_own_year() -> None:
    returns = [0.01, -0.01, 0.03]

    assert rolling_volatility(returns, 3, 365)[2] == pytest.approx(stdev(returns) * 365**0.5)
    assert rolling_volatility(returns, 3, 12)[2] == pytest.approx(stdev(returns) * 12**0.5)


def test_three_months_are_as_many_returns_as_a_portfolio_has_in_them() -> None:
    assert [returns_of(63, a_year) for a_year in (252, 365, 52, 12, None)] == [63, 91, 13, 3, 63]
    assert returns_of(63, 4) == 2


def test_sharpe_of_what_never_moves_is_unknown() -> None:
    assert rolling_sharpe([0.0, 0.0], [0.0, 0.0], 2, 252) == [None, None]


def test_a_history_shorter_than_the_look_back_has_no_statistic() -> None:
    assert rolling_volatility([0.01, 0.02], 3, 252) == [None, None]
    assert rolling_sharpe([0.01, 0.02], [0.0, 0.0], 3, 252) == [None, None]


def test_statistics_stand_on_the_days_of_the_portfolio() -> None:
    comparison: dict[str, Any] = {"date": ["2024-01-02"], "risk_free_return": [0.001]}

    series: dict[str, Any] = {"date": ["2024-01-01", "2024-01-02"], "daily_return": [0.01, 0.03]}

    found = rolling(series, comparison, 2, 252)

    assert found["date"] == ["2024-01-01", "2024-01-02"]
    assert found["volatility"][1] == pytest.approx(stdev([0.01, 0.03]) * 252**0.5)
    assert found["sharpe"][1] == pytest.approx(mean([0.01, 0.029]) / stdev([0.01, 0.029]) * 252**0.5)
