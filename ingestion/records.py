"""What sources hand over and callers get back: plain, frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

PriceBasis = Literal["split_adjusted", "as_traded"]
DatedBy = Literal["vintage", "publication_lag"]
ActionKind = Literal["dividend", "capital_gain", "split", "price_adjustment"]
Item = Literal["bar", "open", "high", "low", "adj_close", "volume", "observation"] | ActionKind
Reason = Literal["not_a_number", "zero", "negative", "too_large", "jump", "ratio", "currency", "duplicate", "future"]
# What a series' observations are: all there ever were, only today's values, or everything published since a day.
Covers = Literal["everything", "todays_values", "later_vintages"]

ASSET_CLASSES = {
    "EQUITY": "equity",
    "ETF": "fund",
    "MUTUALFUND": "fund",
    "INDEX": "index",
    "CRYPTOCURRENCY": "cryptocurrency",
    "CURRENCY": "currency",
    "FUTURE": "future",
}


class Bar(NamedTuple):
    """One session. Amounts in the listing's currency; None if the source has none."""

    price_date: date
    close: Decimal | None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    adj_close: Decimal | None = None
    volume: Decimal | None = None
    is_provisional: bool = False


class Action(NamedTuple):
    """An event on a share's ex-date.

    A dividend or capital gain is money per share; a split is new shares for one old share; a price adjustment is the
    factor by which the earlier price was divided while the number of shares stayed the same, as in a spin-off.

    Args:
        within_dividend: The day's dividend already contains this capital gain.

    """

    ex_date: date
    action: ActionKind
    value: Decimal
    currency: str | None = None
    within_dividend: bool = False


@dataclass(frozen=True)
class PriceHistory:
    """Bars and actions of one ticker, on the same basis, by date."""

    ticker: str
    currency: str
    price_basis: PriceBasis
    bars: tuple[Bar, ...]
    actions: tuple[Action, ...]


class Refusal(NamedTuple):
    """A value that may not be loaded: where it was, why, and what was received."""

    row_date: date
    item: Item
    reason: Reason
    received: Mapping[str, str | None]

    def __str__(self) -> str:
        values = ", ".join(f"{name} {value}" for name, value in self.received.items() if value is not None)
        return f"{self.row_date}: {self.item} refused ({self.reason}): {values or 'nothing received'}"


@dataclass(frozen=True)
class Asset:
    """An asset; names and sectors in the source's words, `quote_type` as a key of ASSET_CLASSES."""

    ticker: str
    name: str | None
    quote_type: str
    currency: str
    exchange: str | None = None
    timezone: str | None = None
    sector: str | None = None
    industry: str | None = None
    country: str | None = None

    @property
    def asset_class(self) -> str:
        """Our own class of what the provider calls its type; `other` when it has none."""
        return ASSET_CLASSES.get(self.quote_type, "other")


@dataclass(frozen=True)
class TickerInfo:
    """A ticker and the span of its price history."""

    ticker: str
    name: str | None
    quote_type: str
    asset_class: str
    exchange: str | None
    currency: str
    timezone: str | None
    first_price_date: date
    last_price_date: date


@dataclass(frozen=True)
class TickerSuggestion:
    """One search result."""

    ticker: str
    name: str | None
    exchange: str | None
    quote_type: str | None


class Observation(NamedTuple):
    """One value of a macro series, the day it became known, and how that day is known."""

    observation_date: date
    value: Decimal
    realtime_start: date
    dated_by: DatedBy


@dataclass(frozen=True)
class MacroSeries:
    """Observations of one series.

    Args:
        covers: `everything` replaces what is stored. A value in `todays_values` that differs from the stored one counts
        as
            known from today on, and the old one stays. `later_vintages` are added to what is stored.

    """

    series_id: str
    observations: tuple[Observation, ...]
    covers: Covers


@dataclass(frozen=True)
class RefreshSummary:
    """What one refresh did; `failures` gives the reason for each subject that failed."""

    subjects: int
    rows_changed: int
    rows_refused: int
    failures: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.subjects} fetched, {len(self.failures)} failed; "
            f"{self.rows_changed} rows changed, {self.rows_refused} refused"
        )
