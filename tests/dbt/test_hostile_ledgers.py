"""No ledger may stop the models: one user's typing error would leave everybody's figures behind."""

import pytest

from tests.dbt.conftest import Marts
from tests.dbt.stories import D1, D2


def test_a_purchase_at_nearly_nothing_has_a_return_but_none_a_year(marts: Marts) -> None:
    performance = marts.row("gold__performance", "bought at nearly nothing")

    # 0.00000001 -> 100 -> 110
    assert performance["time_weighted_return"] == pytest.approx(1.1e10 - 1, rel=1e-12)
    assert (performance["cagr"], performance["calmar"]) == (None, None)
    assert performance["max_drawdown"] == 0


def test_a_purchase_at_a_mistyped_price_loses_nearly_everything(marts: Marts) -> None:
    performance = marts.row("gold__performance", "bought far too dear")

    # 1000000 -> 100 -> 110
    assert performance["time_weighted_return"] == pytest.approx(1.1e-4 - 1, rel=1e-12)
    assert performance["cagr"] is None


def test_fees_above_the_proceeds_lose_everything_and_no_more(marts: Marts) -> None:
    performance = marts.row("gold__performance", "fees above the proceeds")

    # 100 go in; 104 less fees of 500 come out
    assert performance["time_weighted_return"] == -1
    assert performance["total_pnl"] == -496


@pytest.mark.parametrize("story", ["gift without a price", "gift without a price beside a round trip"])
def test_what_remains_may_be_worth_nothing(marts: Marts, story: str) -> None:
    # AAAA from 100 to 104, sold; what is left cost nothing, and nobody knows its price
    assert [marts.days(story)[day]["market_value"] for day in (D1, D2)] == [100, 0]
    assert [marts.days(story)[day]["daily_return"] for day in (D1, D2)] == [None, None]
    assert marts.row("gold__performance", story)["tickers_without_price"] == "NONE"


def test_compounding_stops_before_a_double_overflows(marts: Marts) -> None:
    days = list(marts.days("thirty fortunes").values())
    known = [day for day in days if day["cumulative_return"] is not None]

    # 0.00000001 -> 100 each time: 1e10, seven times within 1e75
    assert [day["cumulative_return"] for day in known] == pytest.approx([10.0**n for n in range(10, 80, 10)], rel=1e-9)
    assert len(days) == 30
    performance = marts.row("gold__performance", "thirty fortunes")
    assert [performance[name] for name in ("time_weighted_return", "cagr", "max_drawdown")] == [None, None, None]
