"""Figures as pure functions of the API's columns."""

from typing import Any

import pytest

from dashboard import charts

SERIES: dict[str, list[Any]] = {
    "date": ["2008-01-02", "2008-01-03", "2008-01-04"],
    "market_value": [1000.0, 1010.0, 989.8],
    "net_invested": [1000.0, 1000.0, 1000.0],
    "daily_return": [0.0, 0.01, -0.02],
    "cumulative_return": [0.0, 0.01, -0.0102],
    "drawdown": [0.0, 0.0, -0.02],
    "regime": ["reflation", "stagflation", None],
}
SPANS = [
    {"kind": "regime", "name": "reflation", "valid_from": "2007-06-01", "valid_to": "2008-01-02"},
    {"kind": "regime", "name": "stagflation", "valid_from": "2008-01-03", "valid_to": "2008-06-30"},
    {"kind": "phase", "name": "expansionary", "valid_from": "2007-06-01", "valid_to": "2008-06-30"},
    {"kind": "recession", "name": "recession", "valid_from": "2008-01-01", "valid_to": "2009-06-30"},
]


def test_value_and_net_invested_are_drawn_as_they_come() -> None:
    value, invested = charts.portfolio_value(SERIES, SPANS, "USD").data

    assert list(value.x) == SERIES["date"]
    assert list(value.y) == [1000.0, 1010.0, 989.8]
    assert list(invested.y) == [1000.0, 1000.0, 1000.0]


def test_hover_tells_the_day_s_return_and_regime() -> None:
    value = charts.portfolio_value(SERIES, SPANS, "USD").data[0]

    assert [list(row) for row in value.customdata] == [
        ["0.00%", "reflation"],
        ["+1.00%", "stagflation"],
        ["-2.00%", "not known yet"],
    ]


def test_a_currency_without_a_symbol_is_named_on_the_axis() -> None:
    assert charts.portfolio_value(SERIES, SPANS, "CHF").layout.yaxis.title.text == "CHF"


def test_regimes_are_clipped_to_the_chart_and_meet_without_a_gap() -> None:
    shapes = charts.regime_shapes(SPANS, "2008-01-02", "2008-01-04")

    assert [(shape["name"], shape["x0"], shape["x1"]) for shape in shapes] == [
        ("Reflation", "2008-01-02", "2008-01-03"),
        ("Stagflation", "2008-01-03", "2008-01-04"),
        ("NBER recession", "2008-01-02", "2008-01-04"),
    ]


def test_recessions_are_outlined_and_regimes_are_filled() -> None:
    reflation, _, recession = charts.regime_shapes(SPANS, "2008-01-02", "2008-01-04")

    assert reflation["fillcolor"] == "#e69f00"
    assert reflation["line"] == {"width": 0}
    assert "fillcolor" not in recession
    assert recession["line"]["dash"] == "dot"


def test_spans_outside_the_chart_are_left_out() -> None:
    assert charts.regime_shapes(SPANS, "2010-01-01", "2010-12-31") == []


def test_the_legend_names_each_regime_once() -> None:
    again = {"kind": "regime", "name": "reflation", "valid_from": "2008-07-01", "valid_to": "2008-12-31"}

    shapes = charts.regime_shapes([*SPANS, again], "2007-01-01", "2009-12-31")

    assert [shape["name"] for shape in shapes if shape["showlegend"]] == ["Reflation", "Stagflation", "NBER recession"]


def test_every_regime_has_a_colour_of_its_own() -> None:
    assert len(set(charts.REGIME_COLOURS.values())) == len(charts.REGIME_COLOURS) == 4


def test_return_and_drawdown_show_their_columns() -> None:
    assert list(charts.cumulative_return(SERIES, SPANS).data[0].y) == SERIES["cumulative_return"]
    assert list(charts.drawdown(SERIES).data[0].y) == SERIES["drawdown"]


def test_regime_bars_stand_in_the_regimes_own_order_without_phases() -> None:
    rows: list[dict[str, Any]] = [
        {"dimension": "phase", "name": "expansionary", "annualised_return": 0.3, "trading_days": 9},
        {"dimension": "regime", "name": "stagflation", "annualised_return": -0.03, "trading_days": 250},
        {"dimension": "regime", "name": "goldilocks", "annualised_return": 0.12, "trading_days": 500},
        {"dimension": "regime", "name": None, "annualised_return": 0.01, "trading_days": 3},
    ]

    bars = charts.regime_returns(rows).data[0]

    assert list(bars.y) == ["Goldilocks", "Stagflation"]
    assert list(bars.x) == [0.12, -0.03]
    assert list(bars.text) == ["+12.0%", "-3.0%"]


@pytest.mark.parametrize("draw", [lambda s: charts.portfolio_value(s, [], "USD"), charts.drawdown])
def test_a_series_without_days_draws_nothing_and_breaks_nothing(draw: Any) -> None:
    figure = draw({name: [] for name in SERIES})

    assert all(len(trace.x) == 0 for trace in figure.data)
    assert len(figure.layout.shapes) == 0
