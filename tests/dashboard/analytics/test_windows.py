"""Which days are looked at: a fixed window, or days that somebody chose."""

from typing import Any

from dashboard.analytics.windows import Window, chosen, options, within


def item(window: str, from_date: str) -> Any:
    return {"time_window": window, "from_date": from_date, "as_of_date": "2013-03-01", "base_currency": "EUR"}


ITEMS = [item("ytd", "2013-01-01"), item("1y", "2012-03-02"), item("all", "2011-06-15")]


def test_a_fixed_window_has_its_days() -> None:
    window = chosen(ITEMS, "1y")

    assert (window.first_day, window.last_day) == ("2012-03-02", "2013-03-01")
    assert (window.bounds, window.place) == (("2012-03-02", "2013-03-01"), "1y")


def test_the_whole_history_is_asked_for_without_days() -> None:
    assert chosen(ITEMS, "all").bounds == (None, None)


def test_a_window_s_rows_have_both_its_days_and_columns_of_one_length() -> None:
    series: Any = {"date": ["2024-01-02", "2024-01-03", "2024-01-04"], "market_value": [1, 2, 3]}

    assert within(series, "2024-01-03", "2024-01-03") == {"date": ["2024-01-03"], "market_value": [2]}
    assert within(series, "2024-01-03", "2099-01-01")["date"] == ["2024-01-03", "2024-01-04"]


def test_a_portfolio_too_young_for_a_window_is_shown_whole() -> None:
    window = chosen(ITEMS, "10y")

    assert (window.name, window.first_day) == ("all", "2011-06-15")


def test_a_range_of_one_s_own_is_found_again_by_its_days() -> None:
    window = chosen(ITEMS, "custom", "2012-01-01", "2012-06-30")

    assert window == Window("custom", "2012-01-01", "2012-06-30", "EUR")
    assert window.place == "custom 2012-01-01 2012-06-30"


def test_a_range_is_cut_to_the_days_that_there_are() -> None:
    window = chosen(ITEMS, "custom", "1990-01-01", "2099-01-01")

    assert (window.first_day, window.last_day) == ("2011-06-15", "2013-03-01")


def test_a_range_outside_all_days_or_half_a_range_is_the_whole() -> None:
    assert chosen(ITEMS, "custom", "1990-01-01", "1990-12-31").name == "all"
    assert chosen(ITEMS, "custom", "2012-01-01").name == "all"


def test_windows_that_the_portfolio_is_too_young_for_cannot_be_chosen() -> None:
    assert [option["value"] for option in options(ITEMS) if option["disabled"]] == ["3y", "5y", "10y"]
