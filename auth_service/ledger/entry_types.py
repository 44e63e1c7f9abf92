"""The types of entries: which fields each one has, and what it is checked for. A further type is one more row here."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

# Every entry has these, whatever its type.
COMMON = ("type", "account_id", "trade_date", "currency", "note", "confirm")
# Fields of some types, and what a sentence calls them.
FIELDS = {
    "ticker": "ticker",
    "side": "side",
    "quantity": "quantity",
    "price": "price",
    "amount": "amount",
    "fees": "fees",
    "taxes": "taxes",
    "settlement_currency": "settlement currency",
    "fx_rate": "exchange rate",
}
VOWELS = tuple("aeiou")


@dataclass(frozen=True)
class EntryType:
    """What an entry of one type consists of.

    Args:
        told_as: What a sentence calls it.
        needs: Fields that it must have, besides the common ones.
        allows: Fields that it may have.
        default_currency: That of the listing as it is quoted and no other; or, unless told otherwise, that in which the
            listing pays; or the account's.
        moves_units: Whether it is a trade, compared with its day's prices and with what is held.
        needs_cash: Whether only an account that keeps cash can have it.
        amount_is_signed: Whether the amount may be negative.
        taxes_are_signed: Whether taxes may be negative where the amount is: a reversal gives them back.

    """

    told_as: str
    needs: tuple[str, ...]
    allows: tuple[str, ...] = ()
    default_currency: Literal["listing", "payment", "account"] = "account"
    moves_units: bool = False
    needs_cash: bool = False
    amount_is_signed: bool = False
    taxes_are_signed: bool = False

    @property
    def has(self) -> tuple[str, ...]:
        """Its fields, besides the common ones."""
        return self.needs + self.allows


OF_TRADES = ("ticker", "quantity", "price")
BESIDE_TRADES = ("side", "fees", "taxes", "settlement_currency", "fx_rate")
TYPES = {
    "BUY": EntryType("A purchase", OF_TRADES, BESIDE_TRADES, default_currency="listing", moves_units=True),
    "SELL": EntryType("A sale", OF_TRADES, BESIDE_TRADES, default_currency="listing", moves_units=True),
    "DEPOSIT": EntryType("A deposit", needs=("amount",), needs_cash=True),
    "WITHDRAWAL": EntryType("A withdrawal", needs=("amount",), needs_cash=True),
    "DIVIDEND": EntryType(
        "A dividend",
        needs=("ticker", "amount"),
        allows=("taxes", "fees"),
        default_currency="payment",
        amount_is_signed=True,
        taxes_are_signed=True,
    ),
    "INTEREST": EntryType("Interest", needs=("amount",), allows=("taxes",), amount_is_signed=True),
    "FEE": EntryType("A fee", needs=("amount",), allows=("ticker",), amount_is_signed=True),
    "TAX": EntryType("A tax", needs=("amount",), allows=("ticker",), amount_is_signed=True),
}
NEED_CASH = tuple(name for name, entry_type in TYPES.items() if entry_type.needs_cash)


def types_with(field: str) -> list[str]:
    """The types that have this field."""
    return [name for name, entry_type in TYPES.items() if field in entry_type.has]


def misplaced(entry_type: EntryType, given: Mapping[str, Any]) -> dict[str, str]:
    """Which fields an entry of this type has too many or too few of, and why; None is a field left out."""
    wrong = {
        field: f"{entry_type.told_as} has no {told_as}."
        for field, told_as in FIELDS.items()
        if given.get(field) is not None and field not in entry_type.has
    }
    return wrong | {field: _missing(entry_type, field) for field in entry_type.needs if given.get(field) is None}


def _missing(entry_type: EntryType, field: str) -> str:
    # What every request for a trade has always been told.
    return "is missing" if entry_type.moves_units else f"{entry_type.told_as} needs {_with_article(FIELDS[field])}."


def wrong_signs(entry_type: EntryType, amount: Decimal | None, taxes: Decimal | None) -> dict[str, str]:
    """Which of the two cannot have the sign that it has, and why."""
    wrong = {}
    if amount is not None and "amount" in entry_type.has:
        if amount == 0:
            wrong["amount"] = "must not be 0"
        elif amount < 0 and not entry_type.amount_is_signed:
            wrong["amount"] = f"must be above 0: {entry_type.told_as.lower()} says by its type which way the money went"
    if taxes is not None and taxes < 0 and "taxes" in entry_type.has:
        if not entry_type.taxes_are_signed:
            wrong["taxes"] = "must not be negative"
        elif amount is not None and amount > 0:
            wrong["taxes"] = "must not be negative, unless the amount is: a reversal"
    return wrong


def _with_article(noun: str) -> str:
    return f"{'an' if noun.startswith(VOWELS) else 'a'} {noun}"
