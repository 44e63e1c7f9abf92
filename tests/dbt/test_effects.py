"""What a listing's price and what its currency have brought, worked by hand (the market: stories.effects)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.conftest import Marts
from tests.dbt.ledgers import all_ledgers


def effects(marts: Marts, story: str, ticker: str = "PNDS.L") -> tuple[Any, Any]:
    (row,) = [row for row in marts.rows("gold_ticker_kpis", story) if row["ticker"] == ticker]
    return row["price_effect"], row["currency_effect"]


def total(row: dict[str, Any]) -> float:
    """All parts of a profit; Python's decimals keep 28 digits, PostgreSQL's more."""
    return float(row["price_effect"] + row["currency_effect"] + row["dividends"] - row["fees"])


def test_a_sale_stops_the_clock_of_its_currency(marts: Marts) -> None:
    # Sold: cost 40, 48 received at 1.50. Held: cost 60, worth 90 at 2. Bought at 1.25.
    # Price: 8 x 1.50 + 30 x 2. Currency: 40 x 0.25 + 60 x 0.75.
    assert effects(marts, "a part of pounds sold") == (72, 55)
    row = marts.row("gold_ticker_kpis", "a part of pounds sold")
    # 180 + 69 - 126.25, and a dividend of 6 x 0.50 x 2
    assert (row["dividends"], row["fees"], row["total_pnl"]) == (6, Decimal("4.25"), Decimal("128.75"))
    assert total(row) == 128.75


def test_two_purchases_share_one_average_cost(marts: Marts) -> None:
    # 100 at 1.25 and 120 at 1.50 are 220 for 20; 5 sold for 75 cost 55; 15 held are worth 225 and cost 165.
    # Price: 20 x 2 + 60 x 2. Currency: 220 x 2 - 125 - 180.
    assert effects(marts, "pounds bought twice") == (160, 135)


def test_what_is_closed_is_out_of_the_currencys_reach(marts: Marts) -> None:
    # Cost 100 at 1.25, sold for 120 at 1.50; that the pound went to 2 afterwards is nothing to it.
    assert effects(marts, "all pounds sold") == (30, 25)


def test_money_paid_in_another_currency_counts_at_the_listings_rate_of_the_day(marts: Marts) -> None:
    # 125 dollars were 100 pounds: 50 x 2 by price, 100 x 0.75 by currency.
    assert effects(marts, "pounds paid in dollars") == (100, 75)


@pytest.mark.parametrize(("story", "gain"), [("second asset", 100), ("reopened", 145)])
def test_a_listing_in_the_base_currency_has_no_currency_effect(marts: Marts, story: str, gain: int) -> None:
    row = marts.rows("gold_ticker_kpis", story)[0]

    # The reopened holding gained 100 from 1000 to 1100, and 45 from 450 to 495.
    assert (row["price_effect"], row["currency_effect"]) == (gain, 0)


def test_a_foreign_holding_without_a_price_has_no_effects_to_show(marts: Marts) -> None:
    assert effects(marts, "pounds without a price", "GONE.L") == (None, None)
    # 5 x 2 by price, 10 x 0.75 by currency
    assert effects(marts, "pounds without a price") == (10, Decimal("7.5"))


def test_a_missing_exchange_rate_leaves_no_half_effect(marts: Marts) -> None:
    assert effects(marts, "francs without a rate", "SWIS.SW") == (None, None)


@pytest.mark.parametrize("ledger", all_ledgers()[:10], ids=lambda ledger: ledger.story)
def test_the_parts_add_up_to_the_profit(marts: Marts, ledger: Any) -> None:
    row = marts.row("gold_ticker_kpis", ledger.story)

    assert row["currency_effect"] == 0
    assert total(row) == pytest.approx(float(row["total_pnl"]), rel=1e-12, abs=1e-9)
