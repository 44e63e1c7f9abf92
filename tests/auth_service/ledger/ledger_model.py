"""What a ledger may hold and shows, in plain Python after the contract; shares no code with the service.

A trade may be recorded, changed or deleted when afterwards every sale finds the shares that it sells, on its day and
after the splits until then. A day's trades follow each other as entered; where a sale would then lack its shares,
purchases come first. Each account stands by itself: what one holds no other can sell. A hundred-millionth of a share
counts as nothing, as long as anything is held: of one trade, or of each since the position was opened as long as it is
less than a thousandth of the sale.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count

SPLIT_DAY = date(2024, 1, 9)
SPLITS = {
    "TWO": {SPLIT_DAY: Fraction(2)},
    "THIRD": {SPLIT_DAY: Fraction("0.33333333333333")},  # as providers tell one for three
}
FAR_OFF = "9999"  # a price that nobody paid for any of these
RECORDABLE = Fraction(1, 10**8)  # of a share; a coin may have more decimals, which count as nothing
CASH_ACCOUNT = "Depot"
FLAT = Fraction(1, 10**9)  # of a share as it was before all splits


@dataclass(frozen=True)
class Trade:
    """What is sent, word for word: a trade, or with `type` and `amount` a payment; in the first account, or by name."""

    ticker: str | None
    side: str | None
    quantity: str | None
    price: str | None
    day: date
    fees: str | None = "0"
    note: str | None = None
    confirm: bool = False
    settlement_currency: str | None = None
    fx_rate: str | None = None
    account: str = ""
    type: str | None = None
    amount: str | None = None
    taxes: str | None = None

    @property
    def of_type(self) -> str:
        return str(self.type or self.side)

    @property
    def kind(self) -> tuple[object, ...]:
        """Entries of one kind are equal fills, however their amounts are written."""
        amounts = (Decimal(amount or 0) for amount in (self.quantity, self.price, self.fees, self.amount, self.taxes))
        settled = self.settlement_currency, self.fx_rate
        return self.account, self.of_type, self.ticker, *amounts, self.day, self.note, *settled

    @property
    def is_plausible(self) -> bool:
        """Whether nothing but what is held speaks against it; only the other account keeps cash."""
        fits = self.account == CASH_ACCOUNT or self.of_type not in {"DEPOSIT", "WITHDRAWAL"}
        return fits and (self.confirm or self.price != FAR_OFF)


@dataclass(frozen=True)
class Version:
    number: int
    trade: Trade
    is_deleted: bool = False


@dataclass
class Transaction:
    entry: int
    versions: list[Version]

    @property
    def latest(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True)
class Record:
    trade: Trade
    key: str | None = None


@dataclass(frozen=True)
class Revise:
    transaction_id: str
    trade: Trade


@dataclass(frozen=True)
class Delete:
    transaction_id: str


Change = Record | Revise | Delete


@dataclass
class Ledger:
    """One person's transactions by their ids, and what each Idempotency-Key was used for."""

    transactions: dict[str, Transaction] = field(default_factory=dict)
    keys: dict[str, tuple[Trade, str]] = field(default_factory=dict)
    entries: "count[int]" = field(default_factory=count)

    def copy(self) -> "Ledger":
        transactions = {name: Transaction(kept.entry, [*kept.versions]) for name, kept in self.transactions.items()}
        return Ledger(transactions, dict(self.keys), count(next(self.entries)))

    @property
    def present(self) -> list[tuple[str, Version]]:
        """Ids and latest versions, newest first."""
        kept = [(name, found) for name, found in self.transactions.items() if not found.latest.is_deleted]
        kept.sort(key=lambda item: (item[1].latest.trade.day, item[1].entry), reverse=True)
        return [(name, found.latest) for name, found in kept]

    def status_of(self, change: Change, new_id: str) -> int:
        """The status that the change is answered with; done, under `new_id`, when that is a success."""
        match change:
            case Record(trade, key) if key in self.keys:
                return 201 if self.keys[key] == (trade, new_id) else 422
            case Record(trade, key):
                return 201 if self._add(trade, new_id, key) else 422
            case Revise(name, trade) if self._is_present(name):
                return 200 if trade.is_plausible and self._append(name, trade) else 422
            case Delete(name) if self._is_present(name):
                latest = self.transactions[name].latest
                return 204 if self._append(name, latest.trade, is_deleted=True) else 422
        return 404

    def missing(self, trades: Iterable[Trade]) -> list[Trade]:
        """Those that an import adds: of each kind as many as the ledger has fewer."""
        there = Counter(version.trade.kind for _, version in self.present)
        missing = []
        for trade in trades:
            there[trade.kind] -= 1
            if there[trade.kind] < 0:
                missing.append(trade)
        return missing

    def takes(self, trades: Iterable[Trade]) -> bool:
        """Whether all of these could be added at once."""
        trial = self.copy()
        for number, trade in enumerate(trades):
            trial.transactions[f"new {number}"] = Transaction(next(trial.entries), [Version(1, trade)])
        return trial._is_covered()

    def add(self, name: str, trade: Trade) -> None:
        self.transactions[name] = Transaction(next(self.entries), [Version(1, trade)])

    def _is_present(self, name: str) -> bool:
        return name in self.transactions and not self.transactions[name].latest.is_deleted

    def _add(self, trade: Trade, name: str, key: str | None) -> bool:
        if not trade.is_plausible or not self.takes([trade]):
            return False
        self.add(name, trade)
        if key is not None:
            self.keys[key] = (trade, name)
        return True

    def _append(self, name: str, trade: Trade, *, is_deleted: bool = False) -> bool:
        versions = self.transactions[name].versions
        versions.append(Version(len(versions) + 1, trade, is_deleted))
        if self._is_covered():
            return True
        versions.pop()
        return False

    def _is_covered(self) -> bool:
        in_order = [version.trade for _, version in reversed(self.present)]
        return all(is_covered(in_order, ticker, account) for ticker in SPLITS for account in ("", CASH_ACCOUNT))


def held(trades: Iterable[Trade], ticker: str, until: date = date.max, account: str = "") -> Fraction | None:
    """Shares held after the trades of one ticker in one account, given oldest first; None when a sale on the way was
    not covered.
    """
    of_ticker = [
        trade
        for trade in trades
        if trade.side and (trade.ticker, trade.account) == (ticker, account) and trade.day <= until
    ]
    shares, growth, rounding = Fraction(0), Fraction(1), Fraction(0)
    for day in sorted({trade.day for trade in of_ticker} | {day for day in SPLITS[ticker] if day <= until}):
        ratio = SPLITS[ticker].get(day, Fraction(1))
        shares, growth, rounding = shares * ratio, growth * ratio, rounding * ratio
        todays = [trade for trade in of_ticker if trade.day == day]
        digit = max(RECORDABLE, FLAT * growth)
        after = traded(todays, shares, rounding, digit) or traded(
            sorted(todays, key=lambda trade: trade.of_type), shares, rounding, digit
        )
        if after is None:
            return None
        shares, rounding = after
    return shares


def traded(
    trades: Iterable[Trade], shares: Fraction, rounding: Fraction, digit: Fraction
) -> tuple[Fraction, Fraction] | None:
    """Shares, and what rounding may have made of them, after a day's trades; None when a sale was not covered."""
    for trade in trades:
        quantity = Fraction(trade.quantity or 0)
        nothing = max(digit, min(rounding, quantity / 1000))
        shares, rounding = shares + (quantity if trade.side == "BUY" else -quantity), rounding + digit
        if trade.side == "SELL" and (shares == -quantity or shares <= -nothing):
            return None
        if trade.side == "SELL" and shares < nothing:
            shares = rounding = Fraction(0)
    return shares, rounding


def is_covered(trades: Iterable[Trade], ticker: str, account: str) -> bool:
    return held(trades, ticker, account=account) is not None
