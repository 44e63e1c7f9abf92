"""Explain this number: what the drawer says, and that only a press opens it."""

from datetime import date
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.explain import breakdown, layout
from dashboard.explain.breakdown import Part
from dashboard.explain.drawer import figure_name
from tests.dashboard.conftest import callback_headers

TODAY = date(2013, 3, 4)
STATUS: Any = {"prices_as_of": "2013-03-01", "macro_as_of": None, "last_refresh": "2013-03-01T18:30:00+00:00"}
ASKED = {"type": "explain", "model": "gold__performance", "column": "simple_return", "place": ""}
TESTED: Any = {"passed": 7, "failed": 0, "tested_at": "2013-03-04T06:00:00+00:00"}
FIGURE: Any = {
    "description": "Total profit over all purchases.",
    "inputs": ["bronze.transactions", "int_portfolios", "int_secret"],
    "tests": TESTED,
    "built_at": None,
}
OPENED, TITLE, CHILDREN = (f"explain-drawer.{name}" for name in ("opened", "title", "children"))
VTI: Any = {
    "ticker": "VTI",
    "base_currency": "USD",
    "total_pnl": -5.0,
    "realized_pnl_average": 1.0,
    "realized_pnl_fifo": 0,
}


def press(browser: FlaskClient, clicks: int | None) -> Any:
    """What Dash sends when a name is pressed, or, without clicks, when it appears on a page."""
    button = figure_name("Simple return", ASKED["model"], ASKED["column"]).id
    spoken = '{"column":"simple_return","model":"gold__performance","place":"","type":"explain"}.n_clicks'
    outputs = [{"id": "explain-drawer", "property": name} for name in ("opened", "title", "children")]
    body = {
        "output": f"..{OPENED}...{TITLE}...{CHILDREN}..",
        "outputs": outputs,
        "inputs": [[{"id": button, "property": "n_clicks", "value": clicks}]],
        "changedPropIds": [spoken],
    }
    return browser.post("/_dash-update-component", json=body, headers=callback_headers(browser))


def test_a_name_that_only_appears_does_not_open_the_drawer(member: FlaskClient) -> None:
    member.get("/_dash-layout")

    assert press(member, None).status_code == HTTPStatus.NO_CONTENT


def test_a_press_opens_it_and_an_outage_is_told_inside(member: FlaskClient) -> None:
    member.get("/_dash-layout")

    shown = press(member, 1).get_json()["response"]["explain-drawer"]

    assert (shown["opened"], shown["title"]) == (True, "Simple return")
    assert "is not responding" in str(shown["children"])


def test_the_three_returns_stand_together_with_the_reason_why_they_differ() -> None:
    returns: Any = {"time_weighted_return": 0.5, "money_weighted_return": 0.061, "simple_return": -0.02}

    shown = str(layout.three_returns(returns, "simple_return"))

    for value in ("+50.0%", "+6.1%", "-2.0%", layout.WHY_THEY_DIFFER):
        assert value in shown
    assert shown.count("aria-current") == 1
    assert layout.three_returns(returns, "volatility") == []


def test_where_a_number_comes_from_names_model_column_inputs_dates_and_tests() -> None:
    shown = str(layout.provenance(ASKED["model"], ASKED["column"], FIGURE, STATUS, TODAY))

    assert "Code('gold__performance')" in shown
    assert "Code('simple_return')" in shown
    assert "Link(children='your transactions', href='/ledger')" in shown
    assert "[Code('int_secret')]" in shown  # nowhere to be seen, so no link
    assert "on Mar 1, 2013 at 18:30 UTC" in shown
    assert "Dd('Mar 1, 2013')" in shown
    assert "All 7 tests of the model passed at 06:00 UTC." in shown


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        (None, "The model has not been tested yet."),
        (TESTED | {"failed": 1}, "1 of 8 tests of the model failed at 06:00 UTC. Treat this number with caution."),
    ],
)
def test_failed_and_missing_tests_are_told(tests: Any, sentence: str) -> None:
    assert layout.tests_in_words(tests, TODAY) == sentence


def test_a_column_without_a_description_says_so() -> None:
    assert "No description yet" in str(layout.formula(None))


def test_a_sum_is_made_of_its_tickers_the_largest_first_each_with_its_trades() -> None:
    rows: Any = [
        VTI,
        VTI | {"ticker": "B&B", "total_pnl": 9.5},
        VTI | {"ticker": "X", "total_pnl": 0},
    ]

    assert breakdown.of_tickers(rows, "total_pnl", "average") == [
        Part("B&B", "+$9.50", "/ledger?ticker=B%26B"),
        Part("VTI", "-$5.00", "/ledger?ticker=VTI"),
    ]


def test_cash_and_what_accounts_earned_stand_below_the_tickers() -> None:
    whole: Any = {"base_currency": "USD", "market_value": 130.0, "cash": 30.0, "total_pnl": -2.0, "fees": 1.0}
    rows = [VTI | {"fees": 1.0}]

    assert breakdown.of_no_ticker(whole, rows, "market_value") == [Part("Cash", "$30.00", "/accounts")]
    assert breakdown.of_no_ticker(whole, rows, "total_pnl") == [Part("Of no ticker", "+$3.00", "/accounts")]
    assert breakdown.of_no_ticker(whole, rows, "fees") == []
    assert breakdown.of_no_ticker(whole | {"total_pnl": None}, rows, "total_pnl") == []
    assert breakdown.of_no_ticker(whole | {"cash": 0.0}, rows, "market_value") == []


def test_cash_is_made_of_each_accounts_balances() -> None:
    balances: Any = [{"account_id": "a", "currency": "EUR", "balance": 12.5}]

    assert breakdown.of_cash(balances, {"a": "My broker"}) == [Part("My broker", "€12.50", "/accounts")]


def test_a_heading_above_all_tickers_names_them_with_their_trades() -> None:
    rows: Any = [VTI | {"first_held_on": "2013-03-01"}, VTI | {"ticker": "BND", "total_pnl": None}]

    assert breakdown.of_column(rows, "total_pnl") == [Part("VTI", "first held on Mar 1, 2013", "/ledger?ticker=VTI")]


@pytest.mark.parametrize(
    ("place", "name"), [("", "Deepest drawdown"), ("headline", "Deepest drawdown"), ("VTI", "Deepest drawdown · VTI")]
)
def test_a_figure_of_a_ticker_says_whose_it_is(place: str, name: str) -> None:
    assert layout.name_of("max_drawdown", place) == name


def test_realised_profit_follows_the_cost_basis_method() -> None:
    assert breakdown.of_tickers([VTI], "realized_pnl", "average") == [Part("VTI", "+$1.00", "/ledger?ticker=VTI")]
    assert breakdown.of_tickers([VTI], "realized_pnl", "fifo") == []


def test_days_of_one_s_own_are_linked_to_as_such() -> None:
    window: Any = dict.fromkeys(("start_value", "end_value", "inflow", "outflow", "fees", "dividends", "taxes"), 1.0)
    window |= {"base_currency": "USD", "interest": 0.0, "trading_days": 5, "periods_a_year": 252}
    window |= {"from_date": "2012-01-01", "as_of_date": "2012-06-30"}

    assert breakdown.of_window(window | {"time_window": "custom"})[0].href == (
        "/?window=custom&from=2012-01-01&to=2012-06-30"
    )
    parts = breakdown.of_window(window | {"time_window": "1y"})
    assert parts[0].href == "/?window=1y"
    assert {"Money put in", "Money taken out", "Taxes"} <= {part.label for part in parts}
    assert "Interest" not in {part.label for part in parts}


def test_a_tickers_regimes_are_not_those_of_another() -> None:
    rows: Any = [
        {"ticker": name, "name": "deflation", "dimension": "regime", "trading_days": 1250} for name in ("VTI", "BND")
    ]

    assert breakdown.of_regimes(rows, "VTI") == [Part("Deflation", "1,250 trading days", "/regimes?by=regime&of=VTI")]
