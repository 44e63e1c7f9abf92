"""Properties of accounts that keep cash, on random ledgers."""

from decimal import Decimal

import pytest

from tests.dbt.bronze import account
from tests.dbt.conftest import Marts
from tests.dbt.ledgers import WITH_CASH, Ledger, all_ledgers, with_cash

names = pytest.mark.parametrize("ledger", all_ledgers()[:WITH_CASH], ids=lambda ledger: ledger.story)


@names
def test_cash_that_comes_and_goes_with_the_trades_changes_no_figure(marts: Marts, ledger: Ledger) -> None:
    without, within = marts.days(ledger.story), marts.days(with_cash(ledger))

    assert within.keys() == without.keys()
    for day, row in without.items():
        same = ("market_value", "net_invested", "contributions", "daily_return", "cumulative_return", "drawdown")
        assert {name: within[day][name] for name in same} == pytest.approx({name: row[name] for name in same}), day
        assert float(within[day]["cash"]) == pytest.approx(0, abs=1e-6)


@names
def test_the_cost_is_the_same_whoever_paid(marts: Marts, ledger: Ledger) -> None:
    of_tickers = [marts.row("gold_ticker_kpis", story) for story in (ledger.story, with_cash(ledger))]

    figures = ("cost_basis_average", "cost_basis_fifo", "realized_pnl_average", "realized_pnl_fifo", "total_pnl")
    without, within = ({name: float(row[name]) for name in figures} for row in of_tickers)
    assert within == pytest.approx(without, rel=1e-12, abs=1e-9)


@names
def test_a_balance_is_the_sum_of_what_moved(marts: Marts, ledger: Ledger) -> None:
    days = marts.rows("int_cash_days", with_cash(ledger), order="date_day")

    assert {(row["account_id"], row["currency"]) for row in days} == {(account(with_cash(ledger), "Broker"), "USD")}
    # Each day's deposits and purchases, and its sales and withdrawals, are the same money to the ledger's last digit.
    assert max(abs(row["balance"]) for row in days) < len(ledger.trades) * Decimal("1e-8")
