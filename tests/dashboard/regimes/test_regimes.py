"""The regimes page: what is known today and why, and how much the returns of few days are worth."""

import csv
from datetime import date
from typing import Any

import pytest
import yaml

from dashboard.charts import regime_comparison
from dashboard.regimes import layout, macro_state
from tests.conftest import ROOT

SEEDS = ROOT / "dbt" / "seeds"


def row(name: str = "goldilocks", **values: Any) -> Any:
    known = {"dimension": "regime", "name": name, "days": 365.25, "trading_days": 252, "annualised_return": 0.1}
    known |= {"annualised_return_low": -0.096, "annualised_return_high": 0.338, "confidence": "may be chance"}
    return known | {"total_return": 0.1, "volatility": 0.1, "max_drawdown": -0.2, "hit_rate": 0.5} | values


FEW = {"trading_days": 20, "annualised_return_low": None, "annualised_return_high": None, "confidence": "few days"}


def span(kind: str, name: str, first: str, last: str, value: float | None = None) -> Any:
    return {"kind": kind, "name": name, "valid_from": first, "valid_to": last, "value": value}


CONTEXT: Any = {
    "spans": [
        span("phase", "expansionary", "2009-09-05", "2013-06-30"),
        span("regime", "goldilocks", "2012-01-01", "2012-12-31"),
        span("regime", "stagflation", "2013-01-01", "2013-06-30"),
        span("recession", "recession", "2012-12-01", "2013-03-31"),
    ],
    "indicators": [
        span("indicator", "growth", "2013-02-16", "2013-03-15", -0.1),
        span("indicator", "sahm", "2013-02-05", "2013-03-04", 0.5),
        span("indicator", "curve_10y2y", "2013-02-20", "2013-03-20", -0.2),
    ],
}


def test_the_thresholds_shown_are_those_of_the_models() -> None:
    with (SEEDS / "regime_thresholds.csv").open() as seed:
        seeded = {line["name"]: float(line["value"]) for line in csv.DictReader(seed)}

    assert seeded == {"dead_band": macro_state.DEAD_BAND, "sahm": macro_state.SAHM, "cfnai": macro_state.CFNAI}


def test_the_days_that_are_told_to_be_enough_are_those_of_the_models() -> None:
    models = yaml.safe_load((ROOT / "dbt" / "dbt_project.yml").read_text())["vars"]

    assert {models["fewest_returns_in_a_range"], models["fewest_days_in_a_regime"]} == {layout.ENOUGH_DAYS}


def test_every_indicator_of_the_models_has_a_name() -> None:
    with (SEEDS / "indicator_sources.csv").open() as seed:
        assert {line["indicator"] for line in csv.DictReader(seed)} == set(macro_state.NAMES)


def test_the_state_of_today_is_what_holds_today() -> None:
    state = macro_state.state_on(CONTEXT, date(2013, 3, 4))

    assert state is not None
    assert state.is_today
    assert (state.regime, state.phase) == (CONTEXT["spans"][2], CONTEXT["spans"][0])
    assert set(state.indicators) == {"growth", "sahm", "curve_10y2y"}


def test_when_all_is_too_old_the_last_known_day_is_shown_as_such() -> None:
    state = macro_state.state_on(CONTEXT, date(2020, 1, 1))

    assert state is not None
    assert (state.day, state.is_today) == ("2013-06-30", False)
    assert "As of Jun 30, 2013" in str(layout.now(state))


def test_nothing_is_known_before_the_first_classification() -> None:
    assert macro_state.state_on(CONTEXT, date(2000, 1, 1)) is None
    assert macro_state.state_on({"spans": [], "indicators": []}, date(2013, 3, 4)) is None


def test_each_deciding_indicator_says_what_it_said_a_missing_one_too() -> None:
    state = macro_state.state_on(CONTEXT, date(2013, 3, 4))
    assert state is not None

    verdicts = [(it.name, it.value, it.says) for it in macro_state.deciding(state)]

    assert verdicts == [
        ("Growth", -0.1, "down"),  # inside the dead band: the direction is the regime's
        ("Inflation", None, "up"),
        ("Sahm indicator", 0.5, "not below the threshold"),
        ("Chicago Fed activity", None, ""),
    ]


def test_an_inverted_yield_curve_is_called_so() -> None:
    state = macro_state.state_on(CONTEXT, date(2013, 3, 4))
    assert state is not None

    assert [(it.name, it.says) for it in macro_state.beside(state)] == [
        ("Yield curve, 10 years over 2 years", "inverted")
    ]


def test_bars_stand_in_the_regimes_order_and_are_pale_where_days_are_few() -> None:
    rows = regime_comparison.in_order(
        [row("deflation", **FEW), row(), row("contractionary", dimension="phase")], "regime"
    )

    bars = regime_comparison.returns(rows).data[0]

    assert list(bars.y) == ["Goldilocks", "Deflation"]
    assert list(bars.marker.opacity) == [1, 0.45]
    assert (bars.error_x.array[0], bars.error_x.arrayminus[0]) == pytest.approx((0.238, 0.196))
    assert bars.error_x.array[1] == bars.error_x.arrayminus[1] == 0


def test_the_strip_ends_where_the_window_ends() -> None:
    figure = regime_comparison.strip(CONTEXT["spans"], "2012-12-30", "2013-01-02")

    lanes = {
        trace.name: (trace.base[0], trace.x[0] / regime_comparison.MILLISECONDS_A_DAY, trace.y[0])
        for trace in figure.data
    }
    assert lanes == {
        "Goldilocks": ("2012-12-30", 2, "Regime"),
        "Stagflation": ("2013-01-01", 2, "Regime"),
        "Expansionary": ("2012-12-30", 4, "Phase"),
        "NBER recession": ("2012-12-30", 4, "Recession"),
    }


def test_what_is_known_now_has_a_lane_of_its_own() -> None:
    revised = [span("regime_revised", "deflation", "2012-12-30", "2013-01-02")]

    figure = regime_comparison.strip(revised, "2012-12-30", "2013-01-02")

    assert [(lane.name, lane.y[0]) for lane in figure.data] == [("Deflation", "With today's data")]
    assert "deflation" not in regime_comparison.in_words(CONTEXT["spans"] + revised, "2012-12-30", "2013-01-02")


def test_the_strip_is_told_in_shares_of_the_days() -> None:
    assert regime_comparison.in_words(CONTEXT["spans"], "2012-12-30", "2013-01-02") == (
        "Regimes from Dec 30, 2012 to Jan 2, 2013: goldilocks 50%, stagflation 50% of the days."
    )


def test_the_share_of_days_up_is_a_whole_percent_under_a_name_that_explains_it() -> None:
    shown = str(layout.performance_table([row(hit_rate=0.538)], "regime", ""))

    assert "Td(children='54%'" in shown
    assert "'model': 'gold_regime_performance', 'column': 'hit_rate'" in shown


def test_a_tickers_few_days_carry_an_asterisk() -> None:
    rows = [row(ticker="VTI"), row("deflation", ticker="VTI", **FEW), row(ticker="BND")]

    shown = str(layout.ticker_table(rows, "regime"))

    assert "'+10.0% *', Span(children='20 days'" in shown
    assert "'+10.0%', Span(children='252 days'" in shown
    assert "Stagflation" not in shown


def test_a_bookmark_with_an_unknown_choice_shows_regimes() -> None:
    assert "value='phase'" in str(layout.page(by="phase"))
    assert "value='regime'" in str(layout.page(by="<script>"))
