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
    rounding: Decimal = ZERO  # in shares of the first day: the last digit of every trade since it was opened
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
        self.rounding += self.digit

    @property
    def digit(self) -> Decimal:
        return max(SMALLEST_QUANTITY / self.growth, NOTHING)

    def sell(self, quantity: Decimal, money: Decimal) -> None:
        nothing = max(self.digit, min(self.rounding, quantity / self.growth / 1000)) * self.growth
        is_closed = self.shares - quantity < nothing
        sold = self.cost if is_closed else self.cost * quantity / self.shares
        self.realized_average += money - sold
        self.realized_fifo += money - self._oldest(quantity)
        self.cost -= sold
        self.shares -= quantity
        self.outflow += money
        self.rounding += self.digit
        if is_closed:
            self.shares = self.cost = self.rounding = ZERO
            self.lots.clear()

    def _oldest(self, quantity: Decimal) -> Decimal:
        cost = ZERO
        while quantity > NOTHING and self.lots:
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
        """Let the trades happen as they were entered; growth from the last close to this one."""
        shares = {ticker: position.shares for ticker, position in self.positions.items()}
        emptied = self._trade(trades)
        value = self._value(day)
        inflow, outflow = (self._moved(trades, side) for side in ("BUY", "SELL"))
        if before == 0:
            return (value - outflow + income) / inflow if inflow else ONE
        if not trades:
            return (value + income) / before
        halves = self._halves(trades)
        if any(self._sells_first(ticker, trades) for ticker in shares):
            marked = self._marked(day, trades, halves, shares, emptied)
        else:
            marked = self._marked(day, trades, halves, shares, set())
            sides = {ticker: {trade.side for trade in trades if trade.ticker == ticker} for ticker in shares}
            fees = self._fees(trades)
            if min(marked) <= fees or (value > 0 and marked[1] - fees + outflow <= NOTHING * marked[1]):
                return (value - outflow + income) / (before + inflow)
            if not any(len(both) > 1 for both in sides.values()):
                left = marked[0] - fees
                growth = left / before * value / (left + inflow + outflow) if value else left / before
                return growth + income / before
        grown = self._grown(halves, marked, before, value)
        if grown is None:
            return (value - outflow + income) / (before + inflow)
        return grown + income / before

    def _trade(self, trades: list[Trade]) -> set[str]:
        """Take the trades into the positions; the tickers of which nothing was held for a while."""
        emptied = set()
        for trade in trades:
            position, money = self.positions[trade.ticker], self._money(trade)
            position.fees += trade.fees * self._rate(self.listings[trade.ticker].currency, trade.day)
            if trade.side == "BUY":
                position.buy(trade.quantity, money)
            else:
                position.sell(trade.quantity, -money)
                emptied |= set() if position.shares else {trade.ticker}
        return emptied

    @staticmethod
    def _sells_first(ticker: str, trades: list[Trade]) -> bool:
        sides = "".join(trade.side[0] for trade in trades if trade.ticker == ticker)
        return "S" in sides and "B" in sides and "BS" not in sides

    def _halves(self, trades: list[Trade]) -> tuple[list[Trade], list[Trade]]:
        """Purchases and then sales, but of a ticker whose sales all came first the other way round."""
        late = [trade.side == ("BUY" if self._sells_first(trade.ticker, trades) else "SELL") for trade in trades]
        firsts = [trade for trade, is_late in zip(trades, late, strict=True) if not is_late]
        return firsts, [trade for trade, is_late in zip(trades, late, strict=True) if is_late]

    def _marked(
        self,
        day: date,
        trades: list[Trade],
        halves: tuple[list[Trade], list[Trade]],
        shares: dict[str, Decimal],
        emptied: set[str],
    ) -> tuple[Decimal, Decimal]:
        """What is held before each half, at its prices."""
        found = []
        held, sides = dict(shares), {trade.ticker: trade.side for half in halves[::-1] for trade in half}
        for half in halves:
            sides |= {trade.ticker: trade.side for trade in half}
            found.append(sum((self._mark(name, held[name], day, trades, sides.get(name, "")) for name in held), ZERO))
            for trade in half:
                held[trade.ticker] += trade.quantity if trade.side == "BUY" else -trade.quantity
            held |= {name: ZERO for name in emptied if self._sells_first(name, trades)}
        return found[0], found[1]

    def _grown(
        self,
        halves: tuple[list[Trade], list[Trade]],
        marked: tuple[Decimal, Decimal],
        before: Decimal,
        value: Decimal,
    ) -> Decimal | None:
        """Growth through both halves to the close; None where the marks leave nothing to grow."""
        first, second = (mark - self._fees(half) for mark, half in zip(marked, halves, strict=True))
        after_first, after_second = (
            left + self._moved(half) for left, half in zip((first, second), halves, strict=True)
        )
        bought = self._moved(halves[1], "BUY")
        if first <= 0 or (marked[1] == 0 and not bought):
            return None
        if marked[1] == 0:
            return first / before * value / bought
        if after_first <= 0 or second <= 0 or (value > 0 and after_second <= NOTHING * marked[1]):
            return None
        return first / before * second / after_first * (value / after_second if value else 1)

    def _moved(self, trades: list[Trade], side: str = "") -> Decimal:
        """Money put in by trades, of one side or of both; what is taken out is negative."""
        return sum((self._money(trade) for trade in trades if side in ("", trade.side)), ZERO)

    def _fees(self, trades: list[Trade]) -> Decimal:
        """Of sales, in the base currency."""
        rates = {trade: self._rate(self.listings[trade.ticker].currency, trade.day) for trade in trades}
        return sum((trade.fees * rates[trade] for trade in trades if trade.side == "SELL"), ZERO)

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
