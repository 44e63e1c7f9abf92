"""Properties on random ledgers, and statistics against independent implementations."""

from datetime import date, timedelta
from math import prod

import empyrical
import numpy as np
import pandas as pd
import pytest
import pyxirr
import quantstats

from tests.dbt.conftest import Marts
from tests.dbt.ledgers import Ledger, all_ledgers
from tests.dbt.yearly import periods_a_year

LEDGERS = all_ledgers()
names = pytest.mark.parametrize("ledger", LEDGERS, ids=lambda ledger: ledger.story)


def asset_growth(ledger: Ledger) -> float:
    """Growth of the asset over the spans in which it was held, from opening price to closing price or last close."""
    growths, opened, held, splits = [], None, 0.0, 1.0
    first = ledger.trades[0].day
    for day in (first + timedelta(days=number) for number in range((max(ledger.closes) - first).days + 1)):
        held *= ledger.splits.get(day, 1.0)
        splits *= ledger.splits.get(day, 1.0)
        buys = [trade for trade in ledger.trades if (trade.day, trade.side) == (day, "BUY")]
        sales = [trade for trade in ledger.trades if (trade.day, trade.side) == (day, "SELL")]
        if buys and opened is None:
            opened = splits * sum(t.quantity * t.price for t in buys) / sum(t.quantity for t in buys)
        held += sum(t.quantity for t in buys) - sum(t.quantity for t in sales)
        if sales and held < 1e-6:
            assert opened is not None
            growths.append(splits * sales[-1].price / opened)
            opened, held = None, 0.0
    if opened is not None:
        growths.append(splits * ledger.closes[max(ledger.closes)] / opened)
    return prod(growths)


def quantities(ledger: Ledger) -> dict[date, float]:
    """Shares held at each close, by applying splits and trades as events."""
    held, history = 0.0, {}
    first, last = ledger.trades[0].day, max(ledger.closes)
    for day in (first + timedelta(days=number) for number in range((last - first).days + 1)):
        held *= ledger.splits.get(day, 1.0)
        for trade in ledger.trades:
            if trade.day == day:
                held += trade.quantity if trade.side == "BUY" else -trade.quantity
        if held > 1e-6:
            history[day] = held
        else:
            held = 0.0
    return history


@names
def test_a_portfolio_of_one_asset_has_exactly_the_assets_return(marts: Marts, ledger: Ledger) -> None:
    performance = marts.row("gold__performance", ledger.story)

    assert 1 + performance["time_weighted_return"] == pytest.approx(asset_growth(ledger), rel=1e-9)


@names
def test_holdings_equal_a_day_by_day_simulation(marts: Marts, ledger: Ledger) -> None:
    held = {row["holding_date"]: float(row["quantity"]) for row in marts.rows("int_daily_holdings", ledger.story)}

    assert held == pytest.approx(quantities(ledger), rel=1e-9, abs=1e-7)


def periods(marts: Marts, ledger: Ledger) -> int:
    """How many returns make a year of the days on which something was held."""
    days = marts.days(ledger.story).values()
    held = sum(day["market_value"] != 0 for day in list(days)[:-1])
    return periods_a_year([day["as_of_date"] for day in days if day["daily_return"] is not None], held)


@names
def test_statistics_equal_empyricals(marts: Marts, ledger: Ledger) -> None:
    days = [day for day in marts.days(ledger.story).values() if day["daily_return"] is not None]
    returns = np.array([day["daily_return"] for day in days])
    performance = marts.row("gold__performance", ledger.story)

    yearly = {"annualization": periods(marts, ledger)}
    expected = {
        "volatility": empyrical.annual_volatility(returns, **yearly),
        "sharpe": empyrical.sharpe_ratio(returns, **yearly),
        "sortino": empyrical.sortino_ratio(returns, **yearly),
        "max_drawdown": empyrical.max_drawdown(returns),
    }
    assert {name: performance[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    assert (performance["cagr"], performance["periods_a_year"]) == (None, periods(marts, ledger))
    assert 1 + days[-1]["cumulative_return"] == pytest.approx(float(np.prod(1 + returns)), rel=1e-9)


@names
def test_statistics_equal_quantstats(marts: Marts, ledger: Ledger) -> None:
    days = [day for day in marts.days(ledger.story).values() if day["daily_return"] is not None]
    dates = pd.DatetimeIndex([day["as_of_date"] for day in days])
    returns = pd.Series([day["daily_return"] for day in days], index=dates)
    performance = marts.row("gold__performance", ledger.story)

    # Not its win rate, which leaves days without a return out.
    a_year = periods(marts, ledger)
    expected = {
        "volatility": quantstats.stats.volatility(returns, prepare_returns=False, periods=a_year),
        "sharpe": quantstats.stats.sharpe(returns, periods=a_year),
        "sortino": quantstats.stats.sortino(returns, periods=a_year),
        "max_drawdown": quantstats.stats.max_drawdown(returns),
        "best_day": quantstats.stats.best(returns, prepare_returns=False),
        "worst_day": quantstats.stats.worst(returns, prepare_returns=False),
    }
    assert {name: performance[name] for name in expected} == pytest.approx(expected, rel=1e-9)


@names
def test_money_weighted_return_equals_pyxirrs(marts: Marts, ledger: Ledger) -> None:
    days = list(marts.days(ledger.story).values())
    flows = [float(day["outflow"] + day["income"] - day["inflow"]) for day in days]
    flows[-1] += float(days[-1]["market_value"])
    expected = pyxirr.xirr([day["as_of_date"] for day in days], flows)
    answer = marts.row("gold__performance", ledger.story)["money_weighted_return"]

    if expected is None:
        assert answer is None
    else:
        assert answer == pytest.approx(expected, rel=1e-8)


@names
def test_profit_is_value_less_what_was_put_in(marts: Marts, ledger: Ledger) -> None:
    days = list(marts.days(ledger.story).values())
    kpis = marts.row("gold_ticker_kpis", ledger.story)
    value, invested = days[-1]["market_value"], days[-1]["net_invested"]

    for method in ("average", "fifo"):
        total = kpis[f"realized_pnl_{method}"] + kpis[f"unrealized_pnl_{method}"] + kpis["dividends"]
        assert float(total) == pytest.approx(float(value - invested), abs=1e-6)
