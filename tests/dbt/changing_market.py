"""A small market and two ledgers that change as they do in life; every change keeps the ledgers possible."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.dbt.bronze import Bronze, user

STORIES = ("in dollars", "in euros")
# Numbers whose halves are exact: a restated history is then the same to the last digit.
LISTINGS = {"AAA": ("USD", 64), "BBB": ("EUR", 128), "EURUSD=X": ("USD", 1.25), "GBPUSD=X": ("USD", 1.5)}
FIRST_DAY = date(2024, 1, 1)
MACRO = {"INDPRO": 100.0, "CPILFESL": 200.0, "UNRATE": 5.0, "TB3MS": 3.0, "CPIAUCSL": 300.0}
MONTHS_BEFORE = 30


@dataclass
class Trade:
    """A transaction as it stands; quantity in inception units, which no split changes."""

    story: str
    ticker: str
    side: str
    day: date
    units: int
    transaction_id: UUID
    version: int = 1


@dataclass
class Market:
    """What bronze holds, and the means to change it."""

    connection: psycopg.Connection[Any]
    days: list[date] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    splits: dict[str, list[date]] = field(default_factory=lambda: {ticker: [] for ticker in LISTINGS})
    months: int = 0

    def on(self, connection: psycopg.Connection[Any]) -> "Market":
        """The same market in a copy of its database."""
        return Market(
            connection,
            days=list(self.days),
            trades=[replace(trade) for trade in self.trades],
            splits={ticker: list(days) for ticker, days in self.splits.items()},
            months=self.months,
        )

    def open(self) -> None:
        """Three weeks of prices, a settings row for each user, and years of macro series."""
        bronze = Bronze(self.connection)
        for ticker, (currency, _) in LISTINGS.items():
            bronze.listing(ticker, {}, currency=currency)
        bronze.portfolio(STORIES[0], "USD", benchmark="AAA")
        bronze.portfolio(STORIES[1], "EUR", benchmark="BBB")
        for _ in range(15):
            self.next_day()
        for _ in range(MONTHS_BEFORE):
            self.publish_a_month()

    def next_day(self, splitting: str | None = None) -> None:
        """A bar of every ticker; `splitting` two for one that day, with its history restated as Yahoo does."""
        day = max(self.days) + timedelta(days=1) if self.days else FIRST_DAY
        while day.weekday() > 4:
            day += timedelta(days=1)
        if splitting:
            self.splits[splitting].append(day)
            self._execute("update bronze.raw_prices set close = close / 2 where ticker = %s", splitting)
            self._execute(
                "update bronze.raw_corporate_actions set value = value / 2 where ticker = %s and action = 'dividend'",
                splitting,
            )
            self._action(splitting, day, "split", 2, LISTINGS[splitting][0])
        for ticker, (currency, start) in LISTINGS.items():
            close = (start + (len(self.days) * 7 % 16) / 4) / 2 ** len(self.splits[ticker])
            self._execute(
                """
                insert into bronze.raw_prices (ticker, price_date, close, currency, price_basis, source)
                values (%s, %s, %s, %s, 'split_adjusted', 'test')
                """,
                *(ticker, day, close, currency),
            )
        self.days.append(day)

    def correct_price(self, ticker: str, number: int) -> None:
        """One close becomes half as high again."""
        self._execute(
            "update bronze.raw_prices set close = close * 1.5 where ticker = %s and price_date = %s",
            *(ticker, self.days[number % len(self.days)]),
        )

    def lose_bar(self, ticker: str, number: int) -> None:
        """A bar, even the last one, is taken back."""
        day = self.days[number % len(self.days)]
        self._execute("delete from bronze.raw_prices where ticker = %s and price_date = %s", ticker, day)

    def pay_dividend(self, ticker: str, number: int, currency: str) -> None:
        self._action(ticker, self.days[number % len(self.days)], "dividend", 0.5, currency)

    def publish_a_month(self) -> None:
        """The next month of every macro series, ten days after its end."""
        number = self.months
        month = date(2021 + (6 + number) // 12, (6 + number) % 12 + 1, 1)
        published = (month + timedelta(days=32)).replace(day=10)
        moves = (number * 7919 % 13 - 6) / 400
        for series_id, start in MACRO.items():
            Bronze(self.connection).series(
                series_id,
                {month.isoformat(): start * (1 + moves + number / 300)},
                {month.isoformat(): published.isoformat()},
            )
        self.months += 1

    def change_settings(self, story: str, base_currency: str, benchmark: str) -> None:
        self._execute(
            "update public.portfolio_settings set base_currency = %s, benchmark = %s where user_id = %s",
            *(base_currency, benchmark, user(story)),
        )

    def trade(self, story: str, ticker: str, side: str, number: int, units: int) -> None:
        """A purchase, or a sale when what is held then and later allows it."""
        day = self.days[number % len(self.days)]
        trade = Trade(story, ticker, side, day, units, UUID(int=0))
        if self._is_possible([*self.trades, trade]):
            price = 50 + number
            trade.transaction_id = Bronze(self.connection).trade(
                *(story, side, ticker),
                quantity=units * self._factor(ticker, day),
                price=price,
                trade_date=day,
                currency=LISTINGS[ticker][0],
            )
            self.trades.append(trade)

    def edit(self, number: int, units: int | None) -> None:
        """Other units for a trade, or its deletion with None, when the ledger stays possible."""
        if not self.trades:
            return
        trade = self.trades[number % len(self.trades)]
        others = [other for other in self.trades if other is not trade]
        if units is None:
            if self._is_possible(others):
                self._amend(trade, None)
                self.trades = others
        else:
            changed = Trade(trade.story, trade.ticker, trade.side, trade.day, units, trade.transaction_id)
            if self._is_possible([*others, changed]):
                self._amend(trade, units * self._factor(trade.ticker, trade.day))
                trade.units = units

    def delete_everything_of(self, story: str) -> None:
        for trade in [trade for trade in self.trades if trade.story == story]:
            self._amend(trade, None)
        self.trades = [trade for trade in self.trades if trade.story != story]

    def erase(self, story: str) -> None:
        """The account goes, and its ledger with it."""
        self._execute("delete from bronze.transactions where user_id = %s", user(story))
        self.trades = [trade for trade in self.trades if trade.story != story]

    def _amend(self, trade: Trade, quantity: int | None) -> None:
        trade.version += 1
        Bronze(self.connection).amend(trade.transaction_id, trade.version, quantity=quantity)

    def _factor(self, ticker: str, day: date) -> int:
        return 1 << len([ex_date for ex_date in self.splits[ticker] if ex_date <= day])

    def _action(self, ticker: str, day: date, action: str, value: float, currency: str) -> None:
        self._execute(
            """
            insert into bronze.raw_corporate_actions (ticker, ex_date, action, value, currency, price_basis, source)
            values (%s, %s, %s, %s, %s, 'split_adjusted', 'test')
            on conflict (ticker, ex_date, action) do update set value = excluded.value, currency = excluded.currency
            """,
            *(ticker, day, action, value, currency),
        )

    def _execute(self, statement: str, *values: object) -> None:
        self.connection.execute(statement, values)

    @staticmethod
    def _is_possible(trades: list[Trade]) -> bool:
        """At every close nobody has sold more than was bought by then."""
        for last in trades:
            until_then = [
                trade
                for trade in trades
                if (trade.story, trade.ticker) == (last.story, last.ticker) and trade.day <= last.day
            ]
            if sum(trade.units if trade.side == "BUY" else -trade.units for trade in until_then) < 0:
                return False
        return True
