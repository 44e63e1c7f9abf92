"""The figures at the top: of the window beside those of the whole portfolio."""

from typing import Any

import pytest

from dashboard.analytics.headline import headline
from dashboard.analytics.windows import Window
from dashboard.explain.layout import WHY_THEY_DIFFER
from dashboard.ui import formats

PERFORMANCE: Any = {
    "base_currency": "USD",
    "market_value": 132_692.35,
    "net_invested": -157_053.13,
    "unrealized_pnl": 96_708.9,
    "realized_pnl": 193_036.58,
    "current_drawdown": -0.278,
    "unconverted_currencies": None,
    "trades_without_rate": 0,
}
FIGURES: Any = {
    "total_pnl": 177_782.0,
    "dividends": 4_476.0,
    "fees": 209.4,
    "time_weighted_return": 1.751,
    "money_weighted_return": 0.295,
    "simple_return": 1.357,
    "benchmark": "SPY",
    "benchmark_return": 0.141,
    "best_month": 0.205,
    "best_month_date": "2008-04-01",
    "monthly_win_rate": 0.57,
    "max_drawdown": None,
}
FIXED = Window("5y", "2008-03-02", "2013-03-01", "USD")
CHOSEN = Window("custom", "2008-01-01", "2010-06-30", "USD")


def pieces(component: Any) -> list[Any]:
    """A component and all that is in it, in the order of reading."""
    if isinstance(component, (list, tuple)):
        return [piece for child in component for piece in pieces(child)]
    return [component, *pieces(getattr(component, "children", None) or [])]


def shown(parts: list[Any]) -> dict[str, str]:
    """Each figure's value, with its note, by the column that explains it."""
    figures = [part for part in pieces(parts) if getattr(part, "className", None) == "figure"]
    return {
        figure.children[0].children.id["column"]: " ".join(
            piece for piece in pieces(figure.children[1]) if isinstance(piece, str)
        )
        for figure in figures
    }


def texts(parts: list[Any]) -> str:
    return " ".join(piece for piece in pieces(parts) if isinstance(piece, str))


def test_figures_of_the_window_stand_beside_those_of_the_whole() -> None:
    told = shown(headline(PERFORMANCE, FIXED, FIGURES, "average"))

    assert told["market_value"] == "$132,692"
    assert told["total_pnl"] == "+$177,782"
    assert told["realized_pnl"] == "+$193,037 average cost"
    assert told["current_drawdown"] == "-27.8%"
    assert told["best_month"] == "+20.5% Apr 2008"
    assert told["benchmark_return"] == "+14.1% SPY"
    assert told["monthly_win_rate"] == "57%"


def test_cash_interest_and_taxes_stand_there_only_where_there_are_any() -> None:
    without = shown(headline(PERFORMANCE | {"cash": 0.0}, FIXED, FIGURES | {"interest": 0.0, "taxes": 0.0}, "average"))
    told = shown(headline(PERFORMANCE | {"cash": -5.0}, FIXED, FIGURES | {"interest": None, "taxes": 2.0}, "average"))

    assert {"cash", "interest", "taxes"}.isdisjoint(without)
    assert (told["cash"], told["interest"], told["taxes"]) == ("-$5", formats.UNKNOWN, "$2")


def test_the_three_returns_stand_together_with_why_they_differ() -> None:
    parts = headline(PERFORMANCE, FIXED, FIGURES, "average")
    three = next(part for part in pieces(parts) if getattr(part, "className", "") == "card analytics-three")

    assert shown([three]) == {
        "time_weighted_return": "+175.1%",
        "money_weighted_return": "+29.5% a year",
        "simple_return": "+135.7%",
    }
    assert WHY_THEY_DIFFER in texts([three])


def test_macro_series_are_told_by_the_names_that_people_know() -> None:
    figures: Any = FIGURES | {
        "real_return": 0.1,
        "excess_return": 0.2,
        "price_level_series": "CPI",
        "risk_free_series": "TB",
    }
    titles = {"CPI": "US consumer prices", "TB": "3-month Treasury bill rate"}
    told = shown(
        headline(PERFORMANCE, Window("5y", "2008-03-02", "2013-03-01", "USD"), figures, "average", titles=titles)
    )

    assert told["real_return"] == "+10.0% after inflation (US consumer prices)"
    assert told["excess_return"] == "+20.0% 3-month Treasury bill rate"


def test_an_unknown_figure_is_a_dash() -> None:
    assert shown(headline(PERFORMANCE, FIXED, FIGURES, "average"))["max_drawdown"] == formats.UNKNOWN


def test_days_of_one_s_own_show_every_figure_that_a_fixed_window_has() -> None:
    assert shown(headline(PERFORMANCE, CHOSEN, FIGURES, "fifo")) == shown(headline(PERFORMANCE, FIXED, FIGURES, "fifo"))


def test_amounts_without_an_exchange_rate_are_told_above_the_figures() -> None:
    parts = headline(PERFORMANCE | {"unconverted_currencies": "CHF"}, FIXED, FIGURES, "average")

    assert "No exchange rate to USD for CHF" in texts(parts)
    assert "of your transactions" not in texts(parts)


@pytest.mark.parametrize(("trades", "words"), [(1, "1 of your transactions lacks"), (2, "2 of your transactions lack")])
def test_trades_without_a_rate_are_counted_with_a_way_out(trades: int, words: str) -> None:
    lacking = PERFORMANCE | {"unconverted_currencies": "CHF", "trades_without_rate": trades}
    told = texts(headline(lacking, FIXED, FIGURES, "average"))

    assert f"{words} the day's rate: edit them in the ledger" in told


def test_every_figure_can_be_asked_what_it_means_under_an_id_of_its_own() -> None:
    parts = headline(PERFORMANCE, FIXED, FIGURES, "average")
    buttons = [str(piece.id) for piece in pieces(parts) if isinstance(getattr(piece, "id", None), dict)]

    assert len(buttons) == len(set(buttons)) == 24


def test_a_figure_of_a_window_is_explained_by_that_window() -> None:
    for window, place in ((FIXED, "5y"), (CHOSEN, "custom 2008-01-01 2010-06-30")):
        parts = pieces(headline(PERFORMANCE, window, FIGURES, "average"))
        asked = {piece.id["column"]: piece.id for piece in parts if isinstance(getattr(piece, "id", None), dict)}

        assert (asked["simple_return"]["model"], asked["simple_return"]["place"]) == ("gold_performance_windows", place)
        assert asked["market_value"]["model"] == "gold__performance"


def test_the_value_says_how_many_holdings_rest_on_an_old_price() -> None:
    holdings: Any = [
        {"ticker": "GONE", "quantity": 5.0, "is_stale": True},
        {"ticker": "SOLD", "quantity": 0.0, "is_stale": True},
        {"ticker": "VTI", "quantity": 3.0, "is_stale": False},
    ]
    doubtful = shown(headline(PERFORMANCE, FIXED, FIGURES, "average", holdings))["market_value"]

    assert doubtful.startswith("$132,692 1 stale")
    assert "GONE valued at the last known price" in doubtful
    assert "SOLD" not in doubtful
    assert shown(headline(PERFORMANCE, FIXED, FIGURES, "average", holdings[1:]))["market_value"] == "$132,692"


def told_of(**values: Any) -> list[Any]:
    return headline(PERFORMANCE, FIXED, FIGURES | {"from_date": "2008-03-02"} | values, "average")


def test_scatter_says_which_returns_make_a_year() -> None:
    assert shown(told_of(volatility=0.2, periods_a_year=365))["volatility"] == "20.0% a year (365 days)"
    assert shown(told_of(volatility=0.2, periods_a_year=12))["volatility"] == "20.0% a year (12 months)"


def test_growth_of_less_than_a_year_is_left_open_and_says_why() -> None:
    assert shown(told_of(cagr=None))["cagr"] == f"{formats.UNKNOWN} available after a year"
    assert shown(told_of(cagr=None, time_weighted_return=None))["cagr"] == formats.UNKNOWN
    assert shown(told_of(cagr=0.1))["cagr"] == "+10.0% CAGR"


def test_a_return_that_began_anew_says_since_when() -> None:
    told = shown(told_of(returns_from="2010-01-04"))

    assert told["time_weighted_return"] == "+175.1% since Jan 4, 2010, after a total loss"
    assert shown(told_of(returns_from="2008-03-02"))["time_weighted_return"] == "+175.1%"


def test_a_missing_price_is_named_with_a_way_out() -> None:
    told = texts(told_of(tickers_without_price="AAPL"))

    assert "No price or exchange rate of AAPL is known for its first days in your portfolio" in told
    assert "Choose a window that begins later." in told
    assert "No price or" not in texts(told_of(tickers_without_price=None))
