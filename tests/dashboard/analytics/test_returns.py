"""Lines over a window, worked by hand, and that they end where the models' figures do."""

from typing import Any

import pytest

from dashboard.analytics.returns import drawdowns, ends, episodes, growth, index, lines, trading_days, within

SERIES: dict[str, list[Any]] = {
    "date": ["2024-01-02", "2024-01-03", "2024-01-04"],
    "daily_return": [0.1, -0.2, 0.5],
}
COMPARISON: dict[str, Any] = {
    "benchmark": "SPY",
    "risk_free_series": "TB3MS",
    "price_level_series": "CPIAUCSL",
    "price_level_at_start": 100.0,
    "price_level_at_end": 120.0,
    "date": ["2024-01-02", "2024-01-03", "2024-01-04"],
    "benchmark_return": [0.0, 0.1, 0.1],
    "risk_free_return": [0.01, 0.01, 0.01],
    "price_level": [100.0, 110.0, 110.0],
}


def test_growth_compounds_and_is_unknown_from_the_first_unknown_day_on() -> None:
    assert growth([0.1, -0.5, None, 0.2]) == [pytest.approx(1.1), pytest.approx(0.55), None, None]


def test_after_a_loss_of_everything_the_index_begins_anew() -> None:
    grown = index([0.1, -1.0, 0.25, -0.2])

    assert grown == pytest.approx([1.1, 0.0, 1.25, 1.0])
    assert drawdowns(grown) == pytest.approx([0.0, -1.0, 0.0, -0.2])


def test_lines_are_compared_from_where_the_index_begins_anew() -> None:
    lost = SERIES | {"daily_return": [-1.0, 0.0, 0.5]}
    compared = COMPARISON | {"benchmark_return": [0.0, 0.0, 0.1], "risk_free_return": [0.0, 0.0, 0.01]}

    assert lines(lost, compared, "nominal", "2024-01-01").portfolio == pytest.approx([0, -1, 0, 0.5])
    assert lines(lost, compared, "nominal", "2024-01-01").benchmark[-1] == pytest.approx(0.1)
    assert lines(lost, compared, "excess", "2024-01-01").portfolio[-1] == pytest.approx(1.5 - 1.01)
    # Prices from 110 on the day of the new beginning to 120 at the end.
    assert lines(lost, compared, "real", "2024-01-01").portfolio[-1] == pytest.approx(1.5 / (120 / 110) - 1)
    assert ends(lost, compared)["max_drawdown"] == -1


def test_a_window_has_both_its_days_and_columns_of_one_length() -> None:
    assert within(SERIES, "2024-01-03", "2024-01-03") == {"date": ["2024-01-03"], "daily_return": [-0.2]}
    assert within(SERIES, "2024-01-03", "2099-01-01")["date"] == ["2024-01-03", "2024-01-04"]


def test_days_without_trading_are_left_out_with_their_values() -> None:
    series: dict[str, list[Any]] = {
        "date": ["2024-01-05", "2024-01-06"],
        "daily_return": [0.1, None],
        "is_trading_day": [True, False],
    }

    assert trading_days(series) == {"date": ["2024-01-05"], "daily_return": [0.1], "is_trading_day": [True]}


def test_lines_begin_at_the_close_before_the_window() -> None:
    found = lines(SERIES, COMPARISON, "nominal", "2024-01-01")

    assert found.days == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    assert found.portfolio == pytest.approx([0, 0.1, -0.12, 0.32])
    assert found.benchmark == pytest.approx([0, 0.0, 0.1, 0.21])


def test_real_returns_are_in_money_of_the_first_day_and_end_with_the_level_known_at_the_end() -> None:
    found = lines(SERIES, COMPARISON, "real", "2024-01-01")

    # 1.1 / 1, 0.88 / 1.1 and 1.32 / 1.2, where prices rose to 110 and 120
    assert found.portfolio == pytest.approx([0, 0.1, -0.2, 0.1])
    assert found.benchmark[-1] == pytest.approx(1.21 / 1.2 - 1)


def test_excess_is_growth_less_that_of_the_bills() -> None:
    found = lines(SERIES, COMPARISON, "excess", "2024-01-01")

    assert found.portfolio == pytest.approx([0, 1.1 - 1.01, 0.88 - 1.01**2, 1.32 - 1.01**3])
    assert found.benchmark[-1] == pytest.approx(1.21 - 1.01**3)


def test_the_ends_of_the_lines_are_the_figures_of_a_range() -> None:
    figures = ends(SERIES, COMPARISON)

    assert figures == {
        "benchmark": "SPY",
        "risk_free_series": "TB3MS",
        "price_level_series": "CPIAUCSL",
        "time_weighted_return": pytest.approx(0.32),
        "benchmark_return": pytest.approx(0.21),
        "real_return": pytest.approx(0.1),
        "excess_return": pytest.approx(1.32 - 1.01**3),
        "max_drawdown": pytest.approx(-0.2),
    }


@pytest.mark.parametrize(
    ("basis", "unknown"),
    [("nominal", "benchmark_return"), ("excess", "risk_free_return"), ("real", "price_level")],
)
def test_a_line_ends_where_something_of_it_is_unknown(basis: str, unknown: str) -> None:
    comparison = COMPARISON | {unknown: [COMPARISON[unknown][0], None, COMPARISON[unknown][2]]}

    found = lines(SERIES, comparison, basis, "2024-01-01")

    assert found.benchmark[1] is not None
    assert found.benchmark[2] is None


def test_without_a_price_level_at_the_start_nothing_is_real() -> None:
    assert lines(SERIES, COMPARISON | {"price_level_at_start": None}, "real", "2024-01-01").portfolio[1:] == [None] * 3


def test_a_day_that_the_comparison_lacks_is_unknown_in_it() -> None:
    shorter = COMPARISON | {name: COMPARISON[name][:2] for name in ("date", "benchmark_return", "price_level")}

    found = lines(SERIES, shorter, "nominal", "2024-01-01")

    assert found.portfolio[-1] == pytest.approx(0.32)
    assert found.benchmark[-1] is None


def test_drawdown_counts_from_the_window_s_start_if_that_was_highest() -> None:
    assert drawdowns([0.9, 1.2, 0.6, None]) == [pytest.approx(-0.1), 0.0, pytest.approx(-0.5), None]


def test_falls_are_told_from_peak_to_recovery_the_deepest_first() -> None:
    days = [f"2024-01-0{number}" for number in range(1, 9)]

    found = episodes(days, [0.0, -0.1, -0.05, 0.0, 0.0, -0.2, -0.3, -0.1], most=5)

    assert found == [
        {"peak_on": "2024-01-05", "lowest_on": "2024-01-07", "recovered_on": None, "depth": -0.3},
        {"peak_on": "2024-01-01", "lowest_on": "2024-01-02", "recovered_on": "2024-01-04", "depth": -0.1},
    ]


def test_no_more_falls_are_told_than_asked_for_and_none_beyond_an_unknown_day() -> None:
    days = [f"2024-01-0{number}" for number in range(1, 6)]

    assert [fall["depth"] for fall in episodes(days, [0.0, -0.1, 0.0, -0.2, 0.0], most=1)] == [-0.2]
    assert [fall["depth"] for fall in episodes(days, [0.0, -0.1, 0.0, None, -0.5], most=5)] == [-0.1]
