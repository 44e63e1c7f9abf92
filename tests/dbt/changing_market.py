"""A small market and two ledgers that change as they do in life; every change keeps the ledgers possible."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.dbt.bronze import Bronze, account, user

STORIES = ("in dollars", "in euros")
BROKER = "Broker"  # an account of each, that keeps cash at first
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
    account: str | None = None


@dataclass
class Market:
    """What bronze holds, and the means to change it."""

    connection: psycopg.Connection[Any]
    days: list[date] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    splits: dict[str, list[date]] = field(default_factory=lambda: {ticker: [] for ticker in LISTINGS})
    months: int = 0
    entries: list[UUID] = field(default_factory=list)

    def on(self, connection: psycopg.Connection[Any]) -> "Market":
        """The same market in a copy of its database."""
        return Market(
            connection,
            days=list(self.days),
            trades=[replace(trade) for trade in self.trades],
            splits={ticker: list(days) for ticker, days in self.splits.items()},
            months=self.months,
            entries=list(self.entries),
        )

    def open(self) -> None:
        """Three weeks of prices, a settings row for each user, and years of macro series."""
        bronze = Bronze(self.connection)
        for ticker, (currency, _) in LISTINGS.items():
            bronze.listing(ticker, {}, currency=currency)
        bronze.portfolio(STORIES[0], "USD", benchmark="AAA")
        bronze.portfolio(STORIES[1], "EUR", benchmark="BBB")
        for story in STORIES:
            bronze.account(story, BROKER)
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

    def keep_cash(self, story: str, tracks_cash: bool) -> None:
        """The broker's account keeps cash from now on, or no longer."""
        self._execute(
            "update public.accounts set tracks_cash = %s where account_id = %s", tracks_cash, account(story, BROKER)
        )

    def enter(self, story: str, kind: str, number: int, amount: int, currency: str) -> None:
        """Something with the broker that is no trade; a dividend is of AAA, and 1 of it is withheld."""
        of_ticker = {"ticker": "AAA", "taxes": 1} if kind == "DIVIDEND" else {}
        day = self.days[number % len(self.days)]
        self.entries.append(
            Bronze(self.connection).entry(
                story, type=kind, amount=amount, currency=currency, trade_date=day, account=BROKER, **of_ticker
            )
        )

    def strike(self, number: int) -> None:
        """One of those is deleted."""
        if self.entries:
            Bronze(self.connection).amend(self.entries.pop(number % len(self.entries)), 2)

    def trade(self, story: str, ticker: str, side: str, number: int, units: int) -> None:
        """A purchase, or a sale when what is held then and later allows it."""
        self._trade(Trade(story, ticker, side, self.days[number % len(self.days)], units, UUID(int=0)), 50 + number)

    def trade_with_the_broker(self, story: str, ticker: str, side: str, number: int, units: int) -> None:
        """The same in the account that may keep cash."""
        day = self.days[number % len(self.days)]
        self._trade(Trade(story, ticker, side, day, units, UUID(int=0), account=BROKER), 50 + number)

    def _trade(self, trade: Trade, price: int) -> None:
        if self._is_possible([*self.trades, trade]):
            trade.transaction_id = Bronze(self.connection).trade(
                *(trade.story, trade.side, trade.ticker),
                quantity=trade.units * self._factor(trade.ticker, trade.day),
                price=price,
                trade_date=trade.day,
                currency=LISTINGS[trade.ticker][0],
                **({"account": trade.account} if trade.account else {}),
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
            changed = replace(trade, units=units)
            if self._is_possible([*others, changed]):
                self._amend(trade, units * self._factor(trade.ticker, trade.day))
                trade.units = units

    def delete_everything_of(self, story: str) -> None:
        for trade in [trade for trade in self.trades if trade.story == story]:
            self._amend(trade, None)
        self.trades = [trade for trade in self.trades if trade.story != story]
        self._execute(
            """
            insert into bronze.transactions
                (transaction_id, version, is_deleted, user_id, account_id, type, ticker, taxes, amount, currency,
                trade_date)
            select transaction_id, 2, true, user_id, account_id, type, ticker, taxes, amount, currency, trade_date
            from bronze.transactions where user_id = %s and transaction_id = any(%s)
            """,
            *(user(story), self.entries),
        )
        self._forget_entries()

    def _forget_entries(self) -> None:
        living = """
            select transaction_id from bronze.transactions
            where side is null group by 1 having not bool_or(is_deleted)
        """
        self.entries = [entry for (entry,) in self.connection.execute(living)]

    def erase(self, story: str) -> None:
        """The account goes, and its ledger with it."""
        self._execute("delete from bronze.transactions where user_id = %s", user(story))
        self.trades = [trade for trade in self.trades if trade.story != story]
        self._forget_entries()

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
                if (trade.story, trade.ticker, trade.account) == (last.story, last.ticker, last.account)
                and trade.day <= last.day
            ]
            if sum(trade.units if trade.side == "BUY" else -trade.units for trade in until_then) < 0:
                return False
        return True
