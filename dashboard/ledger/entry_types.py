"""What can be recorded: what each type of entry is called, and which of the form's fields it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dashboard.ui import formats

NO_HINT = "\N{NO-BREAK SPACE}"  # keeps the line's height
OF_TRADES = ("ticker", "quantity", "price", "fees", "taxes", "currency", "settlement_currency", "fx_rate")
OF_EVERY_TYPE = ("trade_date", "note")


@dataclass(frozen=True)
class EntryType:
    """One type of entry.

    Args:
        label: What it is called among the choices.
        noun: What a sentence calls one.
        fields: Those of the form, besides `OF_EVERY_TYPE`.
        needs: Those that it cannot do without, besides the date.
        opposite: What a sentence calls one whose amount is negative.
        about: The word between what it is and its ticker.
        hint: What stands below the amount.
        needs_cash: Whether only an account that keeps cash can have it.

    """

    label: str
    noun: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    opposite: str = ""
    about: str = "for"
    hint: str = NO_HINT
    needs_cash: bool = False

    @property
    def is_trade(self) -> bool:
        """Whether units move."""
        return "quantity" in self.fields


A_REFUND = "Negative for a refund"
TYPES = {
    "BUY": EntryType("Buy", "Purchase", OF_TRADES, ("ticker", "quantity", "price")),
    "SELL": EntryType("Sell", "Sale", OF_TRADES, ("ticker", "quantity", "price")),
    "DIVIDEND": EntryType(
        "Dividend",
        "Dividend",
        ("ticker", "amount", "fees", "taxes", "currency"),
        ("ticker", "amount"),
        opposite="Reversed dividend",
        about="from",
        hint="Before taxes and fees; negative if taken back",
    ),
    "DEPOSIT": EntryType("Deposit", "Deposit", ("amount", "currency"), ("amount",), needs_cash=True),
    "WITHDRAWAL": EntryType("Withdrawal", "Withdrawal", ("amount", "currency"), ("amount",), needs_cash=True),
    "INTEREST": EntryType(
        "Interest",
        "Interest",
        ("amount", "taxes", "currency"),
        ("amount",),
        opposite="Interest paid",
        hint="Before taxes; negative if you paid it",
    ),
    "FEE": EntryType(
        "Fee", "Fee", ("ticker", "amount", "currency"), ("amount",), opposite="Refunded fee", hint=A_REFUND
    ),
    "TAX": EntryType(
        "Tax", "Tax", ("ticker", "amount", "currency"), ("amount",), opposite="Refunded tax", hint=A_REFUND
    ),
}
OFTEN = ("BUY", "SELL", "DIVIDEND", "DEPOSIT", "WITHDRAWAL")  # in the order in which people need them
SELDOM = tuple(name for name in TYPES if name not in OFTEN)


def label_of(name: str) -> str:
    """What a type is called, also one that this page has no form for."""
    return TYPES[name].label if name in TYPES else name.replace("_", " ").capitalize()


def named(row: Mapping[str, object]) -> str:
    """An entry in words: `Purchase of 10.5 VTI on Jan 3, 2024`, `Refunded fee of $2.00 on Jan 3, 2024`."""
    return f"{_what(row)} on {formats.day(str(row['trade_date']))}"


def _what(row: Mapping[str, object]) -> str:
    name, ticker, amount = str(row["type"]), row["ticker"], row["amount"]
    entry_type = TYPES.get(name) or EntryType(label_of(name), label_of(name), (), ())
    if amount is None:
        return f"{entry_type.noun} of {formats.quantity(str(row['quantity']))} {ticker}"
    money = formats.exact(format(abs(Decimal(str(amount))), "f"), str(row["currency"]))
    noun = entry_type.opposite if Decimal(str(amount)) < 0 and entry_type.opposite else entry_type.noun
    return f"{noun} of {money} {entry_type.about} {ticker}" if ticker else f"{noun} of {money}"
