"""Which days are looked at: a window of the models, or days that somebody chose."""

from typing import Any

from dashboard.analytics.windows import Window, chosen, options


def item(window: str, from_date: str) -> dict[str, Any]:
    return {"time_window": window, "from_date": from_date, "as_of_date": "2013-03-01", "base_currency": "EUR"}


ITEMS = [item("ytd", "2013-01-01"), item("1y", "2012-03-02"), item("all", "2011-06-15")]


def test_a_window_has_the_days_and_figures_of_the_models() -> None:
    window = chosen(ITEMS, "1y")

    assert (window.first_day, window.last_day) == ("2012-03-02", "2013-03-01")
    assert window.figures is ITEMS[1]


def test_returns_count_from_the_close_before_the_first_day() -> None:
    assert chosen(ITEMS, "ytd").base_day == "2012-12-31"


def test_a_portfolio_too_young_for_a_window_is_shown_whole() -> None:
    window = chosen(ITEMS, "10y")

    assert (window.name, window.first_day) == ("all", "2011-06-15")


def test_a_range_of_one_s_own_has_no_figures_of_the_models() -> None:
    assert chosen(ITEMS, "custom", "2012-01-01", "2012-06-30") == Window("custom", "2012-01-01", "2012-06-30", "EUR")


def test_a_range_is_cut_to_the_days_that_there_are() -> None:
    window = chosen(ITEMS, "custom", "1990-01-01", "2099-01-01")

    assert (window.first_day, window.last_day) == ("2011-06-15", "2013-03-01")


def test_a_range_outside_all_days_or_half_a_range_is_the_whole() -> None:
    assert chosen(ITEMS, "custom", "1990-01-01", "1990-12-31").name == "all"
    assert chosen(ITEMS, "custom", "2012-01-01").name == "all"


def test_windows_that_the_portfolio_is_too_young_for_cannot_be_chosen() -> None:
    assert [option["value"] for option in options(ITEMS) if option["disabled"]] == ["3y", "5y", "10y"]
