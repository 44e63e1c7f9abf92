"""Figures as pure functions of the API's columns."""

from collections.abc import Callable
from math import nan
from typing import Any

import pytest
from flask import Flask

from dashboard import charts
from dashboard.charts import style
from dashboard.charts.regimes import chosen_spans, states_on

SERIES: Any = {
    "date": ["2008-01-02", "2008-01-03", "2008-01-04"],
    "market_value": [1000.0, 1010.0, 989.8],
    "net_invested": [1000.0, 1000.0, 1000.0],
}
SPANS: Any = [
    {"kind": "regime", "name": "reflation", "valid_from": "2007-06-01", "valid_to": "2008-01-02"},
    {"kind": "regime", "name": "stagflation", "valid_from": "2008-01-03", "valid_to": "2008-06-30"},
    {"kind": "phase", "name": "expansionary", "valid_from": "2007-06-01", "valid_to": "2008-06-30"},
    {"kind": "recession", "name": "recession", "valid_from": "2008-01-01", "valid_to": "2009-06-30"},
]
QUADRANTS = [span for span in SPANS if span["kind"] != "phase"]
LINES: Any = {
    "date": ["2008-01-01", *SERIES["date"]],
    "portfolio": [0.0, 0.01, None, -0.02],
    "benchmark": [0.0, 0.0, 0.02, 0.03],
}


def test_value_and_net_invested_are_drawn_as_they_come() -> None:
    value, invested = charts.portfolio_value(SERIES, SPANS, "USD").data

    assert list(value.x) == SERIES["date"]
    assert list(value.y) == [1000.0, 1010.0, 989.8]
    assert list(invested.y) == [1000.0, 1000.0, 1000.0]


def test_hover_tells_the_regime_of_the_day() -> None:
    value = charts.portfolio_value(SERIES, SPANS[:2], "USD").data[0]

    assert list(value.customdata) == ["reflation", "stagflation", "stagflation"]


def test_a_day_outside_all_spans_is_not_known_yet() -> None:
    assert states_on(["2007-01-01", "2008-01-02", "2008-07-01"], SPANS[:2]) == [
        "not known yet",
        "reflation",
        "not known yet",
    ]


@pytest.mark.parametrize(
    ("view", "known", "expected"),
    [
        ("quadrant", "then", ["reflation", "recession", "stagflation"]),
        ("phase", "then", ["expansionary", "recession"]),
        ("quadrant", "now", ["deflation", "recession"]),
        ("none", "then", []),
    ],
)
def test_one_kind_of_state_is_shaded_as_known_then_or_now(view: str, known: str, expected: list[str]) -> None:
    revised: Any = {"kind": "regime_revised", "name": "deflation", "valid_from": "2007-01-01", "valid_to": "2008-06-30"}

    assert [span["name"] for span in chosen_spans([*SPANS, revised], view, known)] == expected


def test_a_currency_without_a_symbol_is_named_on_the_axis() -> None:
    assert charts.portfolio_value(SERIES, SPANS, "CHF").layout.yaxis.title.text == "CHF"


def test_regimes_are_clipped_to_the_chart_and_meet_without_a_gap() -> None:
    shapes = charts.regime_shapes(QUADRANTS, "2008-01-02", "2008-01-04")

    assert [(shape["name"], shape["x0"], shape["x1"]) for shape in shapes] == [
        ("Reflation", "2008-01-02", "2008-01-03"),
        ("Stagflation", "2008-01-03", "2008-01-04"),
        ("NBER recession", "2008-01-02", "2008-01-04"),
    ]


def test_recessions_are_outlined_and_regimes_are_filled() -> None:
    reflation: Any
    recession: Any
    reflation, _, recession = charts.regime_shapes(QUADRANTS, "2008-01-02", "2008-01-04")

    assert reflation["fillcolor"] == "#e69f00"
    assert reflation["line"] == {"width": 0}
    assert "fillcolor" not in recession
    assert recession["line"]["dash"] == "dot"


def test_spans_outside_the_chart_are_left_out() -> None:
    assert charts.regime_shapes(SPANS, "2010-01-01", "2010-12-31") == []


def test_the_legend_names_each_regime_once() -> None:
    again: Any = {"kind": "regime", "name": "reflation", "valid_from": "2008-07-01", "valid_to": "2008-12-31"}

    shapes = charts.regime_shapes([*QUADRANTS, again], "2007-01-01", "2009-12-31")

    assert [shape["name"] for shape in shapes if shape["showlegend"]] == ["Reflation", "Stagflation", "NBER recession"]


def test_every_regime_has_a_colour_of_its_own() -> None:
    assert list(style.REGIME_COLOURS) == ["goldilocks", "reflation", "stagflation", "deflation"]
    assert len(set(style.STATE_COLOURS.values())) == len(style.STATE_COLOURS) == 7


def test_return_is_drawn_beside_the_benchmark_with_a_gap_where_it_is_unknown() -> None:
    portfolio, benchmark = charts.cumulative_return(LINES, SPANS, "SPY").data

    assert list(portfolio.x) == LINES["date"]
    assert list(portfolio.y) == pytest.approx([0.0, 0.01, nan, -0.02], nan_ok=True)
    assert benchmark.name == "SPY"
    assert list(benchmark.y) == pytest.approx([0.0, 0.0, 0.02, 0.03])


def test_without_a_benchmark_the_portfolio_stands_alone() -> None:
    assert len(charts.cumulative_return(LINES, SPANS, None).data) == 1


def test_long_series_are_thinned_alike_for_one_hover() -> None:
    days = [f"{1900 + number // 365}-{number % 365:03}" for number in range(4_000)]
    up = [number / 1_000 for number in range(4_000)]
    lines: Any = {"date": days, "portfolio": up, "benchmark": up[::-1]}

    portfolio, benchmark = charts.cumulative_return(lines, [], "SPY").data

    assert len(portfolio.x) <= 1_000
    assert list(portfolio.x) == list(benchmark.x)


def test_drawdown_has_its_regimes_behind_it() -> None:
    figure = charts.drawdown(SERIES["date"], [0.0, 0.0, -0.02], QUADRANTS)

    assert list(figure.data[0].y) == pytest.approx([0.0, 0.0, -0.02])
    assert [shape.name for shape in figure.layout.shapes] == ["Reflation", "Stagflation", "NBER recession"]
    assert list(figure.data[0].customdata) == ["reflation", "stagflation", "stagflation"]


def test_a_rolling_statistic_begins_where_it_is_known() -> None:
    line = charts.rolling(SERIES["date"], [None, None, 1.2345678], "Sharpe ratio", as_percent=False).data[0]

    assert list(line.y) == pytest.approx([nan, nan, 1.2345678], nan_ok=True)


def test_months_stand_by_year_with_the_newest_on_top() -> None:
    months = {"2023-12": 0.1, "2024-01": -0.4, "2024-02": None}

    heat = charts.monthly_returns(months, {"2023": 0.1, "2024": -0.22}).data[0]

    assert list(heat.y) == ["2024", "2023"]
    assert list(heat.z[0]) == [-0.4, *[None] * 11, -0.22]
    assert list(heat.z[1]) == [*[None] * 11, 0.1, 0.1]
    assert (heat.text[0][0], heat.text[0][1], heat.text[0][12]) == ("-40.0%", "", "-22.0%")


def test_parts_are_bars_in_their_order_with_the_rest_in_grey() -> None:
    parts: Any = [
        {"name": "VTI", "market_value": 75.0, "weight": 0.75, "is_rest": False},
        {"name": "2 others", "market_value": 25.0, "weight": 0.25, "is_rest": True},
    ]

    bars = charts.allocation(parts, "USD").data[0]

    assert (list(bars.y), list(bars.x)) == (["VTI", "2 others"], [0.75, 0.25])
    assert list(bars.text) == ["75.0%", "25.0%"]
    assert bars.marker.color[0] != bars.marker.color[1]


def earned(ticker: str, total: float | None) -> Any:
    parts: Any = {"realized_pnl_average": 1.0, "unrealized_pnl_average": 2.0, "dividends": 3.0}
    return parts | {"ticker": ticker, "total_pnl": total, "realized_pnl_fifo": 4.0, "unrealized_pnl_fifo": 5.0}


def test_profit_and_loss_names_the_largest_movers_by_the_chosen_cost_basis() -> None:
    rows: Any = [earned("A", 10.0), earned("B", -30.0), earned("C", None), earned("D", 20.0)]

    realised, unrealised, dividends = charts.profit_and_loss(rows, "fifo", "USD", most=2).data

    assert list(realised.y) == ["B", "D"]
    assert (list(realised.x), list(unrealised.x), list(dividends.x)) == ([4.0, 4.0], [5.0, 5.0], [3.0, 3.0])


def test_dividends_are_added_up_by_year_and_a_year_without_any_is_a_gap() -> None:
    rows: Any = [
        {"year": 2020, "ticker": "A", "amount": 10.0},
        {"year": 2020, "ticker": "B", "amount": 15.5},
        {"year": 2022, "ticker": "A", "amount": None},
        {"year": 2022, "ticker": "B", "amount": 1.0},
    ]

    bars = charts.dividends(rows, "USD").data[0]

    assert list(bars.x) == [2020, 2021, 2022]
    assert list(bars.y) == [25.5, 0, None]
    assert bars.customdata[0] == "B $16<br>A $10"


def test_numbers_in_charts_are_written_as_the_reader_writes_them(server: Flask) -> None:
    with server.test_request_context(headers={"Accept-Language": "de"}):
        figure = charts.rolling(["2024-01-02"], [0.1], "Volatility", as_percent=True)

    assert figure.layout.separators == ",."
    assert figure.layout.xaxis.hoverformat == "%d.%m.%Y"


def test_the_only_tool_of_a_chart_is_its_picture() -> None:
    assert charts.CONFIG["modeBarButtons"] == [["toImage"]]


def test_regime_bars_stand_in_the_regimes_own_order_without_phases() -> None:
    rows: Any = [
        {"dimension": "phase", "name": "expansionary", "annualised_return": 0.3, "trading_days": 9},
        {"dimension": "regime", "name": "stagflation", "annualised_return": -0.03, "trading_days": 250},
        {"dimension": "regime", "name": "goldilocks", "annualised_return": 0.12, "trading_days": 500},
        {"dimension": "regime", "name": None, "annualised_return": 0.01, "trading_days": 3},
    ]

    bars = charts.regime_returns(rows).data[0]

    assert list(bars.y) == ["Goldilocks", "Stagflation"]
    assert list(bars.x) == [0.12, -0.03]
    assert list(bars.text) == ["+12.0%", "-3.0%"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.portfolio_value({name: [] for name in SERIES}, SPANS, "USD"),
        lambda: charts.drawdown([], [], SPANS),
        lambda: charts.dividends([], "USD"),
        lambda: charts.allocation([], "USD"),
        lambda: charts.monthly_returns({}, {}),
    ],
)
def test_nothing_to_draw_draws_nothing_and_breaks_nothing(draw: Callable[[], Any]) -> None:
    figure = draw()

    assert all(len(trace.x) == 0 or trace.type == "heatmap" for trace in figure.data)
    assert len(figure.layout.shapes) == 0
