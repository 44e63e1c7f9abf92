"""A window's return starts from the close of the day before it."""

from datetime import date
from typing import Any

import pytest

from dashboard.windows import base_day, rebased


def series(*rows: tuple[str, float | None]) -> dict[str, list[Any]]:
    return {"date": [day for day, _ in rows], "cumulative_return": [value for _, value in rows]}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("ytd", date(2011, 12, 31)),
        ("1y", date(2011, 2, 28)),
        ("3y", date(2009, 2, 28)),
        ("10y", date(2002, 2, 28)),
        ("all", None),
    ],
)
def test_base_day_seen_from_a_29th_of_february(window: str, expected: date | None) -> None:
    assert base_day(date(2012, 2, 29), window) == expected


def test_base_day_of_four_years_would_be_a_29th_again() -> None:
    assert base_day(date(2012, 2, 28), "1y") == date(2011, 2, 28)


def test_return_is_counted_from_the_base() -> None:
    windowed = rebased(series(("2012-01-01", 0.5), ("2012-01-02", 0.8), ("2012-01-03", 0.2)), date(2012, 1, 1))

    assert windowed["cumulative_return"] == pytest.approx([0.0, 0.2, -0.2])


def test_a_portfolio_younger_than_the_window_keeps_its_returns() -> None:
    young = series(("2012-01-05", 0.01), ("2012-01-06", 0.02))

    assert rebased(young, date(2012, 1, 1)) is young


def test_an_unknown_return_stays_unknown() -> None:
    windowed = rebased(series(("2012-01-01", 1.0), ("2012-01-02", None)), date(2012, 1, 1))

    assert windowed["cumulative_return"] == [0.0, None]


def test_nothing_is_measured_from_a_total_loss() -> None:
    windowed = rebased(series(("2012-01-01", -1.0), ("2012-01-02", -1.0)), date(2012, 1, 1))

    assert windowed["cumulative_return"] == [None, None]


def test_the_series_handed_in_is_left_alone() -> None:
    original = series(("2012-01-01", 0.5))

    rebased(original, date(2012, 1, 1))

    assert original["cumulative_return"] == [0.5]
