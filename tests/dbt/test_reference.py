"""Six figures recomputed in pandas from bronze alone, which share no code with the models."""

from collections import deque
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pyxirr

from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.dbt.test_windows import write_macro, write_portfolios
from tests.support.platform import Platform

STORY = "nine years"
REGIMES = {(1, -1): "goldilocks", (1, 1): "reflation", (-1, 1): "stagflation", (-1, -1): "deflation"}


@pytest.fixture(scope="module")
def marts(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    with platform.connect("postgres") as connection:
        write_macro(Bronze(connection))
        write_portfolios(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "seed")
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "run")
    return Marts(platform)


@pytest.fixture(scope="module")
def performance(marts: Marts) -> dict[str, Any]:
    return marts.row("gold__performance", STORY)


def bronze(marts: Marts, query: str, *values: object) -> pd.DataFrame:
    with marts.platform.connect("postgres") as connection:
        found = connection.execute(query, values)
        frame = pd.DataFrame(found.fetchall(), columns=[column.name for column in found.description or ()])
    return frame.astype({name: float for name in frame if name in ("quantity", "price", "fees", "close", "value")})


@pytest.fixture(scope="module")
def trades(marts: Marts) -> pd.DataFrame:
    return bronze(
        marts,
        "select trade_date, side, ticker, quantity, price, fees from bronze.transactions where user_id = %s"
        " order by trade_date, entry_number",
        user(STORY),
    )


@pytest.fixture(scope="module")
def closes(marts: Marts, trades: pd.DataFrame) -> pd.DataFrame:
    """Bars by day and ticker; without one, nothing."""
    bars = bronze(marts, "select price_date, ticker, close from bronze.raw_prices")
    held = bars[bars.ticker.isin(trades.ticker)]
    return held.pivot_table(index="price_date", columns="ticker", values="close")


@pytest.fixture(scope="module")
def income(marts: Marts, trades: pd.DataFrame) -> pd.Series:
    """Dividends on what was held before each ex-date."""
    paid = bronze(
        marts, "select ticker, ex_date, value from bronze.raw_corporate_actions where action = 'dividend' order by 2"
    )
    moved = trades.assign(moved=trades.quantity.where(trades.side == "BUY", -trades.quantity))
    held = [
        moved.moved[(moved.ticker == row.ticker) & (moved.trade_date < row.ex_date)].sum() for row in paid.itertuples()
    ]
    return (paid.value * held).groupby(paid.ex_date).sum()


@pytest.fixture(scope="module")
def growth(trades: pd.DataFrame, closes: pd.DataFrame, income: pd.Series) -> pd.Series:
    """Each calendar day's growth, revalued at every trade: purchases were entered before sales."""
    days = [day.date() for day in pd.date_range(trades.trade_date.min(), closes.index.max())]
    prices = closes.reindex(days).ffill()
    held, before, grown = pd.Series(0.0, closes.columns), 0.0, {}
    for day in days:
        todays, factor = trades[trades.trade_date == day], 1.0
        start, value = before, before
        for side in ("BUY", "SELL"):
            own = todays[todays.side == side]
            if own.empty:
                continue
            (ticker,) = set(own.ticker)
            amount, fees = (own.quantity * own.price).sum(), own.fees.sum()
            marks = prices.loc[day].copy()
            marks[ticker] = amount / own.quantity.sum()
            value = (held * marks).sum() - (fees if side == "SELL" else 0)
            factor *= value / start if start else 1
            held[ticker] += own.quantity.sum() if side == "BUY" else -own.quantity.sum()
            start = value + (amount + fees if side == "BUY" else -(amount - fees))
        value = (held * prices.loc[day]).sum()
        grown[day] = factor * value / start + (income.get(day, 0.0) / before if before else 0)
        before = value
    return pd.Series(grown)


@pytest.fixture(scope="module")
def returns(growth: pd.Series, closes: pd.DataFrame) -> pd.Series:
    """Of trading days; what happened between two belongs to the second."""
    index = growth.cumprod()
    traded = index[[day for day in index.index if day in closes.index]]
    return traded / traded.shift(fill_value=1.0) - 1


def known(marts: Marts, series_id: str, days: Any) -> pd.Series:
    """The newest value that had been published by each day."""
    rows = bronze(marts, "select realtime_start, value from bronze.raw_fred where series_id = %s order by 1", series_id)
    published = pd.Series(rows.value.to_numpy(), pd.to_datetime(rows.realtime_start))
    return published.reindex(pd.to_datetime(days), method="ffill")


def test_the_time_weighted_return_of_bronze(performance: dict[str, Any], growth: pd.Series) -> None:
    assert performance["time_weighted_return"] == pytest.approx(growth.prod() - 1, rel=1e-9)


def test_the_money_weighted_return_of_bronze(
    performance: dict[str, Any], trades: pd.DataFrame, closes: pd.DataFrame, income: pd.Series
) -> None:
    amount = trades.quantity * trades.price
    flows = pd.Series(np.where(trades.side == "BUY", -(amount + trades.fees), amount - trades.fees), trades.trade_date)
    signed = trades.quantity.where(trades.side == "BUY", -trades.quantity)
    value = (signed.groupby(trades.ticker).sum() * closes.iloc[-1]).sum()
    all_flows = pd.concat([flows, income, pd.Series([value], [closes.index[-1]])])

    expected = pyxirr.xirr(list(all_flows.index), list(all_flows))
    assert performance["money_weighted_return"] == pytest.approx(expected, rel=1e-9)


def test_the_sharpe_ratio_of_bronze(marts: Marts, performance: dict[str, Any], returns: pd.Series) -> None:
    days = pd.to_datetime(returns.index)
    spans = np.diff(days, prepend=days[:1]) / np.timedelta64(1, "D")
    bills = (1 + known(marts, "TB3MS", days).to_numpy() / 100) ** (spans / 365.25) - 1
    excess = returns.to_numpy() - bills
    a_year = len(returns) / ((days[-1] - days[0]).days / 365.25)
    periods = min((12, 52, 252, 365), key=lambda choice: abs(choice - a_year))

    assert performance["sharpe"] == pytest.approx(excess.mean() / excess.std(ddof=1) * periods**0.5, rel=1e-9)


def test_the_profit_realised_first_in_first_out_of_bronze(marts: Marts, trades: pd.DataFrame) -> None:
    realised: dict[str, float] = dict.fromkeys(trades.ticker, 0.0)
    lots: dict[str, deque[list[float]]] = {ticker: deque() for ticker in realised}
    for trade in trades.itertuples():
        left, own = trade.quantity, lots[trade.ticker]
        if trade.side == "BUY":
            own.append([left, (left * trade.price + trade.fees) / left])
            continue
        realised[trade.ticker] += left * trade.price - trade.fees
        while left > 1e-9:
            part = min(left, own[0][0])
            realised[trade.ticker] -= part * own[0][1]
            own[0][0] -= part
            left -= part
            if own[0][0] < 1e-9:
                own.popleft()

    kpis = {row["ticker"]: float(row["realized_pnl_fifo"]) for row in marts.rows("gold_ticker_kpis", STORY)}
    assert kpis == pytest.approx(realised, rel=1e-9)


def test_the_real_return_of_bronze(marts: Marts, performance: dict[str, Any], growth: pd.Series) -> None:
    first, last = known(marts, "CPIAUCSL", [growth.index[0], growth.index[-1]])

    assert performance["real_return"] == pytest.approx(growth.prod() / (last / first) - 1, rel=1e-9)


def directions(marts: Marts, series_id: str) -> pd.Series:
    """Up (1) or down (-1) from each publication on: beyond a quarter of a point, else as it was before."""
    rows = bronze(
        marts,
        "select realtime_start, value from bronze.raw_fred where series_id = %s order by observation_date",
        series_id,
    )
    yearly = (rows.value / rows.value.shift(12) - 1) * 100
    change = yearly.rolling(3, min_periods=2).mean().diff(6).round(9)  # a month that was never collected is no gap
    direction = pd.Series(np.where(change > 0.25, 1.0, np.where(change < -0.25, -1.0, np.nan)))
    return pd.Series(direction.ffill().to_numpy(), pd.to_datetime(rows.realtime_start))


def test_the_regime_of_each_day_of_bronze(marts: Marts, growth: pd.Series) -> None:
    days = pd.to_datetime(growth.index)
    growing, dearer = (
        directions(marts, series_id).reindex(days, method="ffill") for series_id in ("INDPRO", "CPILFESL")
    )
    expected = {day.date(): REGIMES.get((up, dear)) for day, up, dear in zip(days, growing, dearer, strict=True)}

    found = {row["as_of_date"]: row["regime"] for row in marts.rows("gold_p_timeseries", STORY)}
    assert found == expected
    assert len(set(found.values()) - {None}) >= 3
