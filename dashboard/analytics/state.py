"""The state of the analytics page, kept in the address, so that a bookmark shows the same view."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from urllib.parse import urlencode

from dashboard.analytics.allocation import DIMENSIONS
from dashboard.analytics.windows import ALL, CUSTOM, WINDOWS

NOMINAL, REAL, EXCESS = "nominal", "real", "excess"
BASES = {NOMINAL: "Nominal", REAL: "Real", EXCESS: "Excess"}
REGIMES = {"quadrant": "Quadrant", "phase": "Phase", "none": "None"}
KNOWN = {"then": "Known then", "now": "Known now"}
LENGTHS = {"63": "3 months", "126": "6 months", "252": "1 year"}  # trading days
OPTIONS = {
    "window": WINDOWS,
    "basis": BASES,
    "regimes": REGIMES,
    "known": KNOWN,
    "by": DIMENSIONS,
    "rolling": LENGTHS,
}


@dataclass(frozen=True)
class View:
    """Every choice on the page; `first_day` and `last_day` are set only for a custom window."""

    window: str = ALL
    first_day: str | None = None
    last_day: str | None = None
    basis: str = NOMINAL
    regimes: str = "quadrant"
    known: str = "then"
    by: str = "ticker"
    rolling: str = "252"

    @classmethod
    def from_query(cls, query: dict[str, str]) -> "View":
        """From the address; invalid parts are ignored."""
        choices = {name: query[name] for name, allowed in OPTIONS.items() if query.get(name) in allowed}
        first_day, last_day = _day(query.get("from")), _day(query.get("to"))
        if choices.get("window") != CUSTOM:
            return cls(**choices)
        if first_day is None or last_day is None:
            return cls(**choices | {"window": ALL})
        return cls(**choices, first_day=first_day, last_day=last_day)

    def search(self) -> str:
        """The address's query; empty if everything is at its default."""
        shown = self if self.window == CUSTOM else replace(self, first_day=None, last_day=None)
        said = {
            _name(field.name): value
            for field, value in zip(fields(shown), asdict(shown).values(), strict=True)
            if value != field.default
        }
        return f"?{urlencode(said)}" if said else ""


def _name(field: str) -> str:
    return {"first_day": "from", "last_day": "to"}.get(field, field)


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text or "").isoformat()
    except ValueError:
        return None
