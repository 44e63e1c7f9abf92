"""Why a balance may differ from the one on a broker's paper: rows that explain the whole difference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from dashboard.api.payloads import CashMovement

Alike = tuple[str, str, str | None, str]

CENT = Decimal("0.01")
USUAL_WITHHOLDING = tuple(map(Decimal, ("0.1", "0.15", "0.2", "0.25", "0.26375", "0.275", "0.3", "0.35")))


@dataclass(frozen=True)
class Cause:
    """What may be wrong, and the movement that it is about.

    Args:
        kind: `not_on_paper`, `twice`, `wrong_way` or `withheld`: the paper lacks the movement, has it once, has it the
            other way round, or has it less taxes.
        movement: As the statement tells it.
        share: Of a dividend with taxes withheld, which fraction of it they would be.

    """

    kind: str
    movement: CashMovement
    share: Decimal | None = None


def difference(closing: str, paper: Decimal) -> Decimal:
    """What the paper has more than the ledger, to the cent."""
    return paper.quantize(CENT, ROUND_HALF_EVEN) - to_the_cent(closing)


def to_the_cent(amount: str) -> Decimal:
    """An amount as a broker's paper shows it, rounded half to even."""
    return Decimal(amount).quantize(CENT, ROUND_HALF_EVEN)


def causes(missing: Decimal, movements: Sequence[CashMovement]) -> list[Cause]:
    """Movements that explain a difference all by themselves, the newest first, the likeliest kinds before the others.

    `missing` is what the paper has more than the ledger.
    """
    newest_first = list(reversed(movements))
    repeated = _repeated(missing, newest_first)
    told = {_alike(cause.movement) for cause in repeated}
    others = [row for row in newest_first if _alike(row) not in told]
    return [
        *repeated,
        *(Cause("not_on_paper", row) for row in others if to_the_cent(row["amount"]) == -missing),
        *_withheld(missing, others),
        *(Cause("wrong_way", row) for row in others if 2 * to_the_cent(row["amount"]) == -missing),
    ]


def is_automatic(movement: CashMovement) -> bool:
    """Whether it is a dividend that nobody recorded: the price source tells it."""
    return movement["transaction_id"] is None


def _repeated(missing: Decimal, movements: Iterable[CashMovement]) -> list[Cause]:
    """Movements of the wanted amount that stand there twice, each once."""
    seen: set[Alike] = set()
    found: dict[Alike, Cause] = {}
    for row in movements:
        if _alike(row) in seen and to_the_cent(row["amount"]) == -missing:
            found[_alike(row)] = Cause("twice", row)
        seen.add(_alike(row))
    return list(found.values())


def _alike(row: CashMovement) -> Alike:
    """What two movements share that may be one."""
    return row["date"], row["type"], row["ticker"], row["amount"]


def _withheld(missing: Decimal, movements: Iterable[CashMovement]) -> list[Cause]:
    """Automatic dividends, which are before taxes, of which a usual rate of withholding is the difference."""
    return [
        Cause("withheld", row, share)
        for row in movements
        if is_automatic(row) and missing < 0
        for share in USUAL_WITHHOLDING
        if (share * Decimal(row["amount"])).quantize(CENT, ROUND_HALF_EVEN) == -missing
    ]
