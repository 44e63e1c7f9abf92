"""Trading stories, each with numbers worked by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.conftest import Marts
from tests.dbt.stories import D1, D2, D3, D4, EX_DATE_PRICES, EX_DATE_SALES, FRIDAY, MONDAY, SATURDAY, SUNDAY


def returns(marts: Marts, story: str) -> list[float | None]:
    return [day["daily_return"] for day in marts.days(story).values()]


@pytest.mark.parametrize("ticker", ["SPLT", "SPLA"])
def test_a_split_changes_the_quantity_and_nothing_else(marts: Marts, ticker: str) -> None:
    story = f"split {ticker}"
    days = marts.days(story)
    kpis = marts.row("gold_ticker_kpis", story)

    assert [day["market_value"] for day in days.values()] == [1000, 1200, 1200, 660]
    assert returns(marts, story) == pytest.approx([0, 0.2, 0, 0.1], abs=1e-12)
    assert [row["quantity"] for row in marts.rows("int_daily_holdings", story, "holding_date")] == [10, 10, 40, 20]
    assert [row["close"] for row in marts.rows("int_holding_values", story, "holding_date")] == [100, 120, 30, 33]
    assert (kpis["cost_basis_average"], kpis["realized_pnl_average"], kpis["unrealized_pnl_average"]) == (500, 160, 160)
    assert kpis["average_price"] == 25


def test_a_trade_on_the_split_date_is_after_the_split(marts: Marts) -> None:
    (holding,) = marts.holding("trade on the split date", D3)

    assert (holding["quantity"], holding["units"], holding["market_value"]) == (4, 1, 120)


def test_a_split_after_the_last_bar_changes_the_quantity_and_not_the_value(marts: Marts) -> None:
    kpis = marts.rows("gold_ticker_kpis", "split after the last bar")[0]

    assert (kpis["ticker"], kpis["quantity"], kpis["average_price"], kpis["market_value"]) == ("LAST", 20, 50, 1000)


def test_a_reverse_split_keeps_fractions(marts: Marts) -> None:
    (holding,) = marts.holding("reverse split", D2)

    assert (holding["quantity"], holding["market_value"]) == (Decimal("0.05"), 1)
    assert returns(marts, "reverse split") == pytest.approx([0, 0, 0.1], abs=1e-12)


def test_a_purchase_on_a_saturday_belongs_to_monday(marts: Marts) -> None:
    days = marts.days("more on a saturday")

    assert [days[day]["market_value"] for day in (FRIDAY, SATURDAY, SUNDAY, MONDAY)] == [100, 200, 200, 220]
    assert [days[day]["is_trading_day"] for day in (FRIDAY, SATURDAY, SUNDAY, MONDAY)] == [True, False, False, True]
    # Saturday: 105 / 100 for the old share, then 200 / 210 for both: nothing. Monday: 110 / 100.
    assert [days[day]["daily_return"] for day in (FRIDAY, SATURDAY, SUNDAY)] == [0, None, None]
    assert days[MONDAY]["daily_return"] == pytest.approx(0.1, abs=1e-12)
    assert days[MONDAY]["cumulative_return"] == pytest.approx(0.1, abs=1e-12)


def test_an_opening_on_a_saturday_runs_from_its_own_price(marts: Marts) -> None:
    days = marts.days("opened on a saturday")

    assert list(days) == [SATURDAY, SUNDAY, MONDAY]
    assert days[SATURDAY]["daily_return"] is None
    assert days[MONDAY]["daily_return"] == pytest.approx(110 / 105 - 1, abs=1e-12)


def test_a_dead_ticker_keeps_its_last_price_and_is_stale(marts: Marts) -> None:
    by_ticker = {row["ticker"]: row for row in marts.holding("delisted", "2024-01-31")}

    assert by_ticker["DEAD"]["market_value"] == 11
    assert by_ticker["DEAD"]["price_date"] == date(2024, 1, 3)
    assert (by_ticker["DEAD"]["is_stale"], by_ticker["LIVE"]["is_stale"]) == (True, False)


def test_a_series_ends_with_the_data_of_its_own_tickers(marts: Marts) -> None:
    assert list(marts.days("only what ended")) == [D1, D2]


def test_a_trade_after_the_last_bar_extends_the_series(marts: Marts) -> None:
    days = marts.days("traded after the last bar")

    assert list(days) == [D1, D2, D3, D4]
    assert days[D4]["market_value"] == Decimal("5.5")
    assert days[D4]["is_trading_day"] is False


def test_buying_again_starts_a_new_cost_basis_and_keeps_what_was_realised(marts: Marts) -> None:
    days = marts.days("reopened")
    kpis = marts.row("gold_ticker_kpis", "reopened")

    # 10 x 110 - 11 - (10 x 100 + 10) = 79; 5 x 90 + 5 = 455; 5 x 99 = 495
    assert kpis["realized_pnl_average"] == kpis["realized_pnl_fifo"] == 79
    assert kpis["cost_basis_average"] == kpis["cost_basis_fifo"] == 455
    assert kpis["unrealized_pnl_average"] == 40
    assert (kpis["total_pnl"], kpis["fees"]) == (119, 26)
    assert (kpis["first_held_on"], kpis["holding_days"]) == (date(2024, 1, 5), 3)
    assert days[D2]["drawdown"] == 0
    assert (days[D3]["market_value"], days[D3]["net_invested"], days[D3]["daily_return"]) == (0, -79, None)
    assert marts.holding("reopened", D3) == []
    expected = [1000 / 1010 - 1, 1089 / 1000 - 1, 450 / 455 - 1, 0.1]
    assert [r for r in returns(marts, "reopened") if r is not None] == pytest.approx(expected, abs=1e-12)


def test_average_cost_and_first_in_first_out_stand_side_by_side(marts: Marts) -> None:
    kpis = marts.row("gold_ticker_kpis", "average or fifo")

    # 15 sold at 30: 450 - 15 x 15 = 225 by average; 450 - (10 x 10 + 5 x 20) = 250 first in, first out
    assert (kpis["cost_basis_average"], kpis["cost_basis_fifo"]) == (75, 100)
    assert (kpis["realized_pnl_average"], kpis["realized_pnl_fifo"]) == (225, 250)
    assert (kpis["unrealized_pnl_average"], kpis["unrealized_pnl_fifo"]) == (75, 50)
    assert kpis["total_pnl"] == 300


def test_the_portfolio_uses_the_method_that_its_owner_chose(marts: Marts) -> None:
    assert marts.row("gold__performance", "average or fifo")["realized_pnl"] == 225
    assert marts.row("gold__performance", "fifo chosen")["realized_pnl"] == 250


def test_fractions_are_exact(marts: Marts) -> None:
    kpis = marts.row("gold_ticker_kpis", "fractions")

    assert (kpis["quantity"], kpis["market_value"]) == (Decimal("0.1"), Decimal("0.6"))
    assert kpis["cost_basis_average"] == Decimal("0.3")


def test_a_round_trip_within_a_day_neither_hides_nor_multiplies_the_return(marts: Marts) -> None:
    # 100 -> 102 at the purchase -> 104 at the sale: 4 %, though the purchase was entered last
    assert returns(marts, "round trip") == pytest.approx([0, 0.04], abs=1e-12)
    # 15 x 104 - 10 x 100 - 5 x 102 = 50
    assert marts.row("gold_ticker_kpis", "round trip")["realized_pnl_average"] == 50


def test_a_second_asset_is_bought_with_money_from_outside(marts: Marts) -> None:
    # 1000 -> 1100; then 502 come in; 1602 -> 1650 at the close
    assert returns(marts, "second asset")[1] == pytest.approx(1.1 * 1650 / 1602 - 1, abs=1e-12)


def test_a_sale_and_a_purchase_on_one_day(marts: Marts) -> None:
    # V' = 10 x 105 - 1 = 1049, in 252, out 524, after the money 777, at the close 5 x 110 + 5 x 55 = 825
    assert returns(marts, "switch")[1] == pytest.approx(1049 / 1000 * 825 / 777 - 1, abs=1e-12)


def test_a_mistyped_price_cannot_blow_the_return_up(marts: Marts) -> None:
    assert returns(marts, "mistyped")[1] == pytest.approx(0.1, abs=1e-12)


def test_a_gift_is_no_division_by_zero(marts: Marts) -> None:
    # the mark is 0: (2200 + 0) / (1000 + 0) - 1
    assert returns(marts, "gift")[1] == pytest.approx(1.2, abs=1e-12)


@pytest.mark.parametrize("ticker", ["DIVI", "DIVS"])
def test_dividends_are_found_on_either_basis(marts: Marts, ticker: str) -> None:
    days = marts.days(f"dividend {ticker}")

    # 10 x 1.50; (490 + 15) / 500 - 1
    assert [day["income"] for day in days.values()] == [0, 15, 0]
    assert returns(marts, f"dividend {ticker}") == pytest.approx([0, 0.01, 0], abs=1e-12)
    assert marts.row("gold_ticker_kpis", f"dividend {ticker}")["total_pnl"] == 5


@pytest.mark.parametrize("price", EX_DATE_PRICES)
@pytest.mark.parametrize("sold", EX_DATE_SALES)
def test_a_dividend_counts_once_however_much_is_sold_on_its_day(marts: Marts, sold: int, price: int) -> None:
    found = returns(marts, f"{sold} of 20 sold at {price} on the ex-date")[1]

    # The share falls from 51 to 50 and pays 1; who sells all of it has the price of the sale instead of the close.
    assert found == pytest.approx((price if sold == 20 else 50) / 51 + 1 / 51 - 1, abs=1e-12)


@pytest.mark.parametrize("story", ["five times as many on the ex-date", "a round trip on the ex-date"])
def test_a_dividend_is_not_spread_over_what_is_bought_on_its_day(marts: Marts, story: str) -> None:
    assert returns(marts, story)[1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("story", ["paid in a third currency", "sold when paid in a third currency"])
def test_a_dividend_in_a_third_currency_is_at_the_last_rate_of_that_currency(marts: Marts, story: str) -> None:
    days = marts.days(story)
    (of_the_ticker,) = (row for row in marts.rows("fct_daily_returns", story) if row["return_date"] == date(2024, 1, 4))

    # 10 shares x 10 kroner x 0.16, the rate of the day before
    assert (days[D3]["income"], of_the_ticker["income"]) == (16, 16)
    assert marts.row("gold_ticker_kpis", story)["dividends"] == 16
    assert days[D3]["daily_return"] == pytest.approx(0.016, abs=1e-12)
    assert of_the_ticker["daily_return"] == pytest.approx(0.016, abs=1e-12)


def test_who_buys_on_the_ex_date_gets_no_dividend_and_who_sells_then_does(marts: Marts) -> None:
    assert marts.row("gold__performance", "bought on the ex-date")["dividends"] == 0
    assert marts.row("gold__performance", "sold on the ex-date")["dividends"] == 15
    # 490 from the sale and 15 of dividend, for 500
    assert returns(marts, "sold on the ex-date")[1] == pytest.approx(0.01, abs=1e-12)


@pytest.mark.parametrize("model", ["gold__performance", "gold_p_timeseries", "gold_ticker_kpis", "int_daily_holdings"])
def test_a_ledger_of_tombstones_has_no_figures(marts: Marts, model: str) -> None:
    assert marts.rows(model, "all deleted") == []


def test_only_the_newest_version_counts(marts: Marts) -> None:
    assert marts.row("gold_ticker_kpis", "edited")["quantity"] == 3


def test_before_the_first_price_a_holding_stands_at_its_cost(marts: Marts) -> None:
    days = marts.days("before the first price")

    assert [day["market_value"] for day in days.values()] == [101, 101, 120, 150]
    assert [day["is_stale"] for day in days.values()] == [True, True, False, False]
    # what became of the cost of 101 by the first close is not known
    assert returns(marts, "before the first price") == [None, None, None, 0.25]


def test_a_ticker_without_any_price_is_shown_at_cost_and_flagged(marts: Marts) -> None:
    days = marts.days("never priced")

    assert [(day["market_value"], day["is_stale"]) for day in days.values()] == [(14, True), (7, True)]
    assert marts.row("gold__performance", "never priced")["time_weighted_return"] is None


def test_pence_become_pounds(marts: Marts) -> None:
    kpis = marts.row("gold_ticker_kpis", "pence")

    assert (kpis["cost_basis_average"], kpis["market_value"], kpis["currency"]) == (100, 110, "GBP")


def test_a_foreign_holding_moves_with_its_currency(marts: Marts) -> None:
    days = marts.days("euros in dollars")

    # cost (100 + 1) x 1.10 = 111.1; 110, then 120 and a dividend of 1.20
    assert days[D1]["inflow"] == Decimal("111.1")
    assert [days[day]["market_value"] for day in (D1, D2)] == [110, 120]
    assert days[D2]["income"] == Decimal("1.2")
    assert days[D2]["daily_return"] == pytest.approx(121.2 / 110 - 1, abs=1e-12)


def test_a_missing_exchange_rate_leaves_no_half_total(marts: Marts) -> None:
    performance = marts.row("gold__performance", "francs without a rate")

    assert performance["unconverted_currencies"] == "CHF"
    for column in ("market_value", "net_invested", "total_pnl", "time_weighted_return", "money_weighted_return"):
        assert performance[column] is None
    assert {row["ticker"]: row["market_value"] for row in marts.rows("gold_ticker_kpis", "francs without a rate")} == {
        "AAAA": 110,
        "SWIS.SW": None,
    }
