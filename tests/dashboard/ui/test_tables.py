"""Tables sort by value, and mark what is closed."""

from typing import Any

from dashboard.analytics.ticker_table import ticker_table
from dashboard.ui.tables import ordered

ROWS: list[dict[str, Any]] = [{"ticker": "A", "v": 2}, {"ticker": "B", "v": None}, {"ticker": "C", "v": 10}]


def test_numbers_sort_as_numbers_and_unknown_ones_come_last() -> None:
    assert [row["ticker"] for row in ordered(ROWS, "v", descending=True)] == ["C", "A", "B"]
    assert [row["ticker"] for row in ordered(ROWS, "v", descending=False)] == ["A", "C", "B"]


def test_a_closed_position_is_marked_and_a_stale_price_is_dated() -> None:
    row: Any = dict.fromkeys(("name", "weight", "total_return", "holding_days", "total_pnl", "dividends", "fees"))
    row["unconverted_currencies"] = None
    row |= dict.fromkeys(("market_value", "cost_basis_average", "realized_pnl_average", "unrealized_pnl_average"), 0.0)
    row |= {"base_currency": "USD", "price_date": "2013-03-01", "is_stale": True}
    rows = [row | {"ticker": "FB", "quantity": 0.0}, row | {"ticker": "IBM", "quantity": 3.5}]

    shown = ticker_table(rows, {}, "average", {"column": "ticker", "descending": False})
    closed, held = shown.children.children[2].children

    assert closed.className == "closed"
    assert closed.children[0].children[1].children == "closed"
    assert held.className == ""
    assert held.children[0].children[1].children[0] == "price of Mar 1, 2013"
