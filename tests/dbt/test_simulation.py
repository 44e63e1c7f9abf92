"""Random markets and ledgers, lived day by day in Decimal, against the models: equal to 1e-9 on every day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.dbt.simulation import ZERO, Day, Listing, Position, Simulation, Trade
from tests.support.platform import Platform

START = date(2022, 1, 3)
CALENDAR = [START + timedelta(days=number) for number in range(28)]
WEEKDAYS = [day for day in CALENDAR if day.weekday() < 5]
DOLLARS = {day: Decimal(110 + 7 * number % 9) / 100 for number, day in enumerate(WEEKDAYS)}  # for one euro
RATES = {"USD": {"EUR": DOLLARS}, "EUR": {"USD": {day: 1 / rate for day, rate in DOLLARS.items()}}}
LEDGERS_A_MARKET = 6
NUMBERS = count()

prices = st.integers(100, 90_000).map(lambda cents: Decimal(cents) / 100)
ratios = st.sampled_from([Decimal(2), Decimal(4), Decimal("0.5"), Decimal("0.1")])
some_days = st.lists(st.sampled_from(WEEKDAYS[2:]), max_size=2, unique=True)


@st.composite
def listings(draw: Any, ticker: str, currency: str) -> Listing:
    """Prices with gaps and perhaps a late beginning; a few splits and dividends."""
    first = draw(st.sampled_from([0, 0, 0, 6]))
    gaps = draw(st.sets(st.sampled_from(WEEKDAYS[first + 1 : -1]), max_size=4))
    days = [day for day in WEEKDAYS[first:] if day not in gaps]
    return Listing(
        ticker,
        currency,
        {day: draw(prices) for day in days},
        {day: draw(ratios) for day in draw(some_days)},
        {day: draw(prices) / 100 for day in draw(some_days)},
    )


@st.composite
def ledgers(draw: Any, market: dict[str, Listing]) -> list[Trade]:
    """Up to ten trades, weekends too; what is sold was held. A ticker may be bought and sold on the same day."""
    trades: list[Trade] = []
    held = dict.fromkeys(market, ZERO)
    done = START
    for day in sorted(draw(st.lists(st.sampled_from(CALENDAR), min_size=2, max_size=10))):
        for ticker, listing in market.items():
            for ex_date, ratio in listing.splits.items():
                held[ticker] *= ratio if done < ex_date <= day else 1
        done = day
        ticker = draw(st.sampled_from(list(market)))
        side = draw(st.sampled_from(["BUY", "SELL", "SELL"])) if held[ticker] else "BUY"
        part = draw(st.sampled_from([Decimal("0.25"), Decimal("0.5"), Decimal(1)]))
        bought = Decimal(draw(st.integers(1, 100_000))) / 1000
        quantity = bought if side == "BUY" else (held[ticker] * part).quantize(Decimal("1e-8"), ROUND_DOWN)
        if quantity <= 0:
            continue
        trades.append(Trade(day, side, ticker, quantity, draw(prices), Decimal(draw(st.integers(0, 300))) / 100))
        held[ticker] += quantity if side == "BUY" else -quantity
    return trades


@dataclass
class World:
    """One market and the people in it, named apart from those of other examples."""

    number: int
    market: dict[str, Listing]
    ledgers: list[list[Trade]]

    def stories(self) -> Iterator[tuple[str, Simulation]]:
        for number, trades in enumerate(self.ledgers):
            if trades:
                base_currency = "EUR" if number % 3 == 0 else "USD"
                simulation = Simulation(self.market, RATES[base_currency], trades, base_currency)
                yield f"world {self.number} ledger {number}", simulation

    def write(self, bronze: Bronze) -> None:
        for listing in self.market.values():
            bronze.listing(
                listing.ticker,
                by_day(listing.closes),
                currency=listing.currency,
                split=by_day(listing.splits),
                dividend=by_day(listing.dividends),
            )
        for story, simulation in self.stories():
            bronze.portfolio(story, simulation.base_currency)
            for trade in simulation.trades:
                bronze.trade(
                    *(story, trade.side, trade.ticker),
                    quantity=trade.quantity,
                    price=trade.price,
                    fees=trade.fees,
                    trade_date=trade.day,
                    currency=self.market[trade.ticker].currency,
                )


def by_day(values: dict[date, Decimal]) -> dict[str, str]:
    return {day.isoformat(): str(value) for day, value in values.items()}


@st.composite
def worlds(draw: Any, number: int) -> World:
    names = [(f"A{number}", "USD"), (f"B{number}", "EUR"), (f"C{number}", "USD")]
    market = {ticker: draw(listings(ticker, currency)) for ticker, currency in names}
    return World(number, market, [draw(ledgers(market)) for _ in range(LEDGERS_A_MARKET)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def marts(platform: Platform, folder: Path) -> Marts:
    """The models of a world with nothing but exchange rates."""
    with platform.connect("postgres") as connection:
        Bronze(connection).listing("EURUSD=X", by_day(DOLLARS))
    run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test")
    return Marts(platform)


# Not shrunk: an example costs seconds, and its message says which figure of which day differs.
@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(data=st.data())
def test_every_day_of_every_ledger_is_as_it_was_lived(marts: Marts, folder: Path, data: Any) -> None:
    world = data.draw(worlds(next(NUMBERS)))
    with marts.platform.connect("postgres") as connection:
        world.write(Bronze(connection))
    run_dbt(marts.platform, folder, "run")

    for story, simulation in world.stories():
        days = list(simulation.days())
        check_days(marts, story, days)
        check_positions(marts, story, simulation, days[-1].day)


def check_days(marts: Marts, story: str, days: list[Day]) -> None:
    series = marts.rows("gold_p_timeseries", story)
    assert [row["as_of_date"] for row in series] == [day.day for day in days]
    for row, day in zip(series, days, strict=True):
        where = f"{story} on {day.day}"
        for column in ("market_value", "net_invested", "income", "cumulative_return", "drawdown"):
            assert same(row[column], getattr(day, column)), f"{where}: {column}"
        assert (row["daily_return"] is None) == (day.daily_return is None), where
        assert day.daily_return is None or same(row["daily_return"], day.daily_return), where
    held: dict[date, dict[str, Decimal]] = {}
    for row in marts.rows("int_daily_holdings", story):
        held.setdefault(row["holding_date"], {})[row["ticker"]] = row["quantity"]
    for day in days:
        quantities = held.get(day.day, {})
        assert quantities.keys() == day.quantities.keys(), f"{story} on {day.day}"
        assert all(same(quantities[ticker], shares) for ticker, shares in day.quantities.items())


def check_positions(marts: Marts, story: str, simulation: Simulation, last: date) -> None:
    rows = {row["ticker"]: row for row in marts.rows("gold_ticker_kpis", story)}
    assert rows.keys() == simulation.positions.keys()
    for ticker, position in simulation.positions.items():
        for column, value in figures(position, simulation.worth(ticker, last)).items():
            assert same(rows[ticker][column], value), f"{story}: {column} of {ticker}"


def figures(position: Position, worth: Decimal) -> dict[str, Decimal]:
    """What gold_ticker_kpis promises of a position, from how it was lived."""
    fifo_cost = sum((lot[1] for lot in position.lots), ZERO)
    return {
        "quantity": position.shares,
        "market_value": worth,
        "cost_basis_average": position.cost,
        "cost_basis_fifo": fifo_cost,
        "realized_pnl_average": position.realized_average,
        "realized_pnl_fifo": position.realized_fifo,
        "unrealized_pnl_average": worth - position.cost,
        "unrealized_pnl_fifo": worth - fifo_cost,
        "dividends": position.dividends,
        "fees": position.fees,
        "total_pnl": worth + position.outflow + position.dividends - position.inflow,
    }


def same(found: Any, expected: Decimal | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)
