"""A portfolio lived day by day, in Decimal: what METRICS says, without anything that the models know.

Prices and quantities are as traded; a split multiplies the shares on its morning; dividends follow what was held at the
close before. It is slow, and it is simple.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

ZERO, ONE = Decimal(0), Decimal(1)
NOTHING = Decimal("1e-9")
SMALLEST_QUANTITY = Decimal("1e-8")
MATERIAL = Decimal("0.1")


@dataclass(frozen=True)
class Listing:
    """What was published of a ticker, as traded."""

    ticker: str
    currency: str
    closes: dict[date, Decimal]
    splits: dict[date, Decimal]
    dividends: dict[date, Decimal]


@dataclass(frozen=True)
class Trade:
    day: date
    side: str
    ticker: str
    quantity: Decimal
    price: Decimal
    fees: Decimal


@dataclass
class Position:
    """Shares of one ticker, what they cost by either method, and what was earned with them; base currency."""

    shares: Decimal = ZERO
    growth: Decimal = ONE  # shares that one share of the first day has become
    cost: Decimal = ZERO
    lots: deque[list[Decimal]] = field(default_factory=deque)
    realized_average: Decimal = ZERO
    realized_fifo: Decimal = ZERO
    inflow: Decimal = ZERO
    outflow: Decimal = ZERO
    dividends: Decimal = ZERO
    fees: Decimal = ZERO

    def split(self, ratio: Decimal) -> None:
        self.shares *= ratio
        self.growth *= ratio
        for lot in self.lots:
            lot[0] *= ratio

    def buy(self, quantity: Decimal, money: Decimal) -> None:
        self.shares += quantity
        self.cost += money
        self.lots.append([quantity, money])
        self.inflow += money

    def sell(self, quantity: Decimal, money: Decimal) -> None:
        is_closed = self.shares - quantity < max(SMALLEST_QUANTITY, NOTHING * self.growth)
        sold = self.cost if is_closed else self.cost * quantity / self.shares
        self.realized_average += money - sold
        self.realized_fifo += money - self._oldest(quantity)
        self.cost -= sold
        self.shares -= quantity
        self.outflow += money
        if is_closed:
            self.shares = self.cost = ZERO
            self.lots.clear()

    def _oldest(self, quantity: Decimal) -> Decimal:
        cost = ZERO
        while quantity > NOTHING:
            lot = self.lots[0]
            part = min(ONE, quantity / lot[0])
            cost += lot[1] * part
            quantity -= lot[0] * part
            lot[1] -= lot[1] * part
            lot[0] -= lot[0] * part
            if lot[0] < NOTHING:
                self.lots.popleft()
        return cost


@dataclass(frozen=True)
class Day:
    """A portfolio at the close."""

    day: date
    quantities: dict[str, Decimal]
    market_value: Decimal
    net_invested: Decimal
    income: Decimal
    daily_return: Decimal | None
    cumulative_return: Decimal | None
    drawdown: Decimal | None


@dataclass
class Simulation:
    """One user's life; `rates` has the price of one unit of a foreign currency on every day it is known."""

    listings: dict[str, Listing]
    rates: dict[str, dict[date, Decimal]]
    trades: list[Trade]
    base_currency: str = "USD"
    positions: dict[str, Position] = field(default_factory=dict)

    def days(self) -> Iterator[Day]:
        """Every calendar day from the first trade to the last bar of anything ever traded."""
        tickers = {trade.ticker for trade in self.trades}
        self.positions = {ticker: Position() for ticker in tickers}
        last_trade = max(trade.day for trade in self.trades)
        last = max([last_trade, *(max(self.listings[ticker].closes) for ticker in tickers)])
        day = min(trade.day for trade in self.trades)
        value = invested = ZERO
        pending: Decimal | None = ONE
        index: Decimal | None = ONE
        peak = ONE
        is_at_cost = False
        while day <= last:
            before, today = value, [trade for trade in self.trades if trade.day == day]
            was_at_cost = is_at_cost
            held = {ticker for ticker, position in self.positions.items() if position.shares}
            income = self._morning(day)
            growth = self._trade_and_close(day, before, income, today)
            value = self._value(day)
            invested += sum((self._money(trade) for trade in today), ZERO)
            is_at_cost = any(self._stands_at_cost(ticker, day) for ticker in tickers)
            is_known = pending is not None and not was_at_cost and not is_at_cost
            pending = pending * max(ZERO, growth) if pending is not None and is_known else None
            concerned = held | {trade.ticker for trade in today}
            is_empty = not any(position.shares for position in self.positions.values())
            trades_today = any(day in self.listings[ticker].closes for ticker in concerned) and self._is_material(day)
            daily = None
            if concerned and (trades_today or is_empty):
                daily = None if pending is None else pending - 1
                if index == 0:  # everything was lost: this is a new beginning
                    index = peak = ONE
                index = None if index is None or pending is None else index * pending
                peak, pending = max(peak, index or ZERO), ONE
            yield Day(
                day,
                {ticker: position.shares for ticker, position in self.positions.items() if position.shares},
                *(value, invested, income, daily),
                *((None, None) if index is None or pending is None else (index - 1, index / peak - 1)),
            )
            day += timedelta(days=1)

    def _stands_at_cost(self, ticker: str, day: date) -> bool:
        return self.positions[ticker].shares > 0 and not any(bar <= day for bar in self.listings[ticker].closes)

    def _is_material(self, day: date) -> bool:
        """Whether a tenth of what has prices has one of this day."""
        priced = [ticker for ticker in self.positions if any(bar <= day for bar in self.listings[ticker].closes)]
        with_bar = sum((self.worth(ticker, day) for ticker in priced if day in self.listings[ticker].closes), ZERO)
        return with_bar >= MATERIAL * sum((self.worth(ticker, day) for ticker in priced), ZERO)

    def _morning(self, day: date) -> Decimal:
        """Splits and dividends; what the dividends bring."""
        income = ZERO
        for ticker, position in self.positions.items():
            listing = self.listings[ticker]
            position.split(listing.splits.get(day, ONE))
            paid = position.shares * listing.dividends.get(day, ZERO) * self._rate(listing.currency, day)
            position.dividends += paid
            income += paid
        return income

    def _trade_and_close(self, day: date, before: Decimal, income: Decimal, trades: list[Trade]) -> Decimal:
        """Let the trades happen, purchases first; growth from the last close to this one."""
        shares_before = {ticker: position.shares for ticker, position in self.positions.items()}
        inflow = outflow = sale_fees = ZERO
        for trade in sorted(trades, key=lambda trade: trade.side):
            position, money = self.positions[trade.ticker], self._money(trade)
            position.fees += trade.fees * self._rate(self.listings[trade.ticker].currency, day)
            if trade.side == "BUY":
                position.buy(trade.quantity, money)
                inflow += money
            else:
                position.sell(trade.quantity, -money)
                outflow -= money
                sale_fees += trade.fees * self._rate(self.listings[trade.ticker].currency, day)
        value = self._value(day)
        if before == 0:
            return (value + outflow + income) / inflow if inflow else ONE
        if not trades:
            return (value + income) / before
        at_purchases = sum(
            (self._mark(ticker, shares, day, trades, "BUY") for ticker, shares in shares_before.items()), ZERO
        )
        for trade in trades:
            shares_before[trade.ticker] += trade.quantity if trade.side == "BUY" else 0
        at_sales = sum(
            (self._mark(ticker, shares, day, trades, "SELL") for ticker, shares in shares_before.items()), ZERO
        )
        after_sales = at_sales - sale_fees - outflow
        if min(at_purchases, at_sales) <= sale_fees or (value > 0 and after_sales <= NOTHING * at_sales):
            return (value + outflow + income) / (before + inflow)
        sides: dict[str, set[str]] = {}
        for trade in trades:
            sides.setdefault(trade.ticker, set()).add(trade.side)
        if any(len(both) > 1 for both in sides.values()):
            to_sales = (at_sales - sale_fees) / (at_purchases + inflow)
            return at_purchases / before * to_sales * (value / after_sales if value else 1) + income / before
        left = at_purchases - sale_fees
        if value == 0:
            return (left + income) / before
        return left / before * value / (left + inflow - outflow) + income / before

    def _mark(self, ticker: str, shares: Decimal, day: date, trades: list[Trade], side: str) -> Decimal:
        """Shares at the volume-weighted price of the day's trades on this side, else on the other, else the close."""
        traded = [trade for trade in trades if trade.ticker == ticker]
        own = [trade for trade in traded if trade.side == side] or traded
        if not own:
            return self._worth(ticker, shares, self.positions[ticker].cost, day)
        amount = sum((trade.quantity * trade.price for trade in own), ZERO)
        price = amount / sum((trade.quantity for trade in own), ZERO)
        return shares * price * self._rate(self.listings[ticker].currency, day)

    def _value(self, day: date) -> Decimal:
        return sum(
            (self._worth(ticker, position.shares, position.cost, day) for ticker, position in self.positions.items()),
            ZERO,
        )

    def worth(self, ticker: str, day: date) -> Decimal:
        """Market value of a position at the close."""
        return self._worth(ticker, self.positions[ticker].shares, self.positions[ticker].cost, day)

    def _worth(self, ticker: str, shares: Decimal, cost: Decimal, day: date) -> Decimal:
        listing = self.listings[ticker]
        known = [bar for bar in listing.closes if bar <= day]
        if not known or shares == 0:
            return cost if shares else ZERO
        splits_since = [ratio for ex_date, ratio in listing.splits.items() if max(known) < ex_date <= day]
        close = listing.closes[max(known)]
        for ratio in splits_since:
            close /= ratio
        return shares * close * self._rate(listing.currency, day)

    def _money(self, trade: Trade) -> Decimal:
        """What a trade takes from the purse; a sale gives."""
        rate = self._rate(self.listings[trade.ticker].currency, trade.day)
        amount = trade.quantity * trade.price
        return (amount + trade.fees if trade.side == "BUY" else trade.fees - amount) * rate

    def _rate(self, currency: str, day: date) -> Decimal:
        if currency == self.base_currency:
            return ONE
        last: date = max(known for known in self.rates[currency] if known <= day)
        return self.rates[currency][last]
