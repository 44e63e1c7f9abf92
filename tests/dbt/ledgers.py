"""Random ledgers of one asset each, without fees or income: their return is the asset's, whatever was traded."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from functools import cache

import numpy as np

from tests.dbt.bronze import Bronze

LEDGERS = 40
WITH_CASH = 12  # of them are written a second time, in an account that keeps cash
START = date(2021, 1, 1)
CALENDAR_DAYS = 120


@dataclass(frozen=True)
class Trade:
    day: date
    side: str
    quantity: float
    price: float


@dataclass(frozen=True)
class Ledger:
    """One user's trades in one ticker; prices and quantities are as traded."""

    story: str
    ticker: str
    closes: dict[date, float]
    splits: dict[date, float]
    trades: list[Trade]


@cache
def all_ledgers() -> tuple[Ledger, ...]:
    return tuple(_ledger(seed) for seed in range(LEDGERS))


def with_cash(ledger: Ledger) -> str:
    """The story of the same trades in an account that keeps cash, each paid by a deposit or withdrawal of its day."""
    return f"{ledger.story} with cash"


def write(bronze: Bronze) -> None:
    """Every ledger, its listing and a market index to compare with; some of them once more with cash."""
    for ledger in all_ledgers():
        bronze.listing(
            ledger.ticker,
            {day.isoformat(): close for day, close in ledger.closes.items()},
            split={day.isoformat(): ratio for day, ratio in ledger.splits.items()},
        )
        bronze.portfolio(ledger.story)
        for trade in ledger.trades:
            bronze.trade(
                *(ledger.story, trade.side, ledger.ticker),
                quantity=trade.quantity,
                price=trade.price,
                trade_date=trade.day,
            )
    for ledger in all_ledgers()[:WITH_CASH]:
        _write_with_cash(bronze, ledger)
    walk = np.random.default_rng(999)
    index = {day.isoformat(): round(float(walk.uniform(90, 110)), 4) for day in _weekdays()}
    bronze.listing("^T", index)


def _write_with_cash(bronze: Bronze, ledger: Ledger) -> None:
    story = with_cash(ledger)
    bronze.portfolio(story)
    bronze.account(story, "Broker")
    for trade in ledger.trades:
        quantity, price = Decimal(str(trade.quantity)), Decimal(str(trade.price))
        amount = (quantity * price).quantize(Decimal("1e-8"), ROUND_UP if trade.side == "BUY" else ROUND_DOWN)
        money = {"trade_date": trade.day, "account": "Broker", "amount": amount}
        if trade.side == "BUY":
            bronze.entry(story, type="DEPOSIT", **money)
        bronze.trade(
            *(story, trade.side, ledger.ticker),
            quantity=quantity,
            price=price,
            trade_date=trade.day,
            account="Broker",
        )
        if trade.side == "SELL":
            bronze.entry(story, type="WITHDRAWAL", **money)


def _weekdays() -> list[date]:
    days = [START + timedelta(days=number) for number in range(CALENDAR_DAYS)]
    return [day for day in days if day.weekday() < 5]


def _ledger(seed: int) -> Ledger:
    walk = np.random.default_rng(seed)
    weekdays = _weekdays()
    splits = {weekdays[20]: 3.0, weekdays[50]: 0.5} if seed % 2 else {}
    closes, price = {}, float(walk.uniform(5, 500))
    for day in weekdays:
        price *= float(np.exp(walk.normal(0, 0.05))) / splits.get(day, 1.0)
        closes[day] = round(price, 4)
    return Ledger(f"random {seed}", f"RND{seed}", closes, splits, _trades(walk, closes, splits))


def _trades(walk: np.random.Generator, closes: dict[date, float], splits: dict[date, float]) -> list[Trade]:
    trades, held, close = [], 0.0, 0.0
    for number in range(CALENDAR_DAYS - 10):
        day = START + timedelta(days=number)
        held *= splits.get(day, 1.0)
        close = closes.get(day, close)
        was_held = held > 0
        if close and walk.random() < 0.25:
            for _ in range(int(walk.integers(1, 3))):
                quantity = round(float(walk.uniform(0.01, 50)), 4)
                trades.append(Trade(day, "BUY", quantity, round(close * float(walk.uniform(0.8, 1.2)), 4)))
                held += quantity
        if was_held and walk.random() < 0.2:
            # Mostly a part; at times everything, and the position is opened again later.
            part = round(held * float(walk.uniform(0.05, 0.9)), 4)
            quantity = round(held, 8) if walk.random() < 0.3 else part
            trades.append(Trade(day, "SELL", quantity, round(close * float(walk.uniform(0.8, 1.2)), 4)))
            held = 0.0 if quantity > held - 1e-6 else held - quantity
    return trades
