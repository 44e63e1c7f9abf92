"""Dividends, capital gains and splits from a Yahoo chart; yfinance drops the currencies of payments."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.providers.floats import exact
from ingestion.records import Action, ActionKind

# For US funds priced at net asset value, Yahoo adds the capital gain to the dividend.
US_FUND = ("MUTUALFUND", "America/New_York")
# Yahoo rounds both amounts to about three decimals.
ROUNDING = Decimal("0.001")
LATE_EVENING = 22


def actions(result: Mapping[str, Any], since: date | None) -> list[Action]:
    """Actions with ex-dates from `since` on, at most one of each kind per day."""
    meta, events = result["meta"], result.get("events") or {}
    zone, currency = ZoneInfo(meta["exchangeTimezoneName"]), meta["currency"]
    dividends = _paid("dividend", events.get("dividends"), zone, currency)
    gains = _paid("capital_gain", events.get("capitalGains"), zone, currency)
    if (meta.get("instrumentType"), zone.key) == US_FUND:
        paid = {(dividend.ex_date, dividend.currency): dividend.value for dividend in dividends}
        gains = [gain._replace(within_dividend=_is_within(gain, paid)) for gain in gains]
    found = [*dividends, *gains, *_splits(events.get("splits"), zone)]
    return [action for action in found if since is None or action.ex_date >= since]


def _is_within(gain: Action, paid: Mapping[tuple[date, str | None], Decimal]) -> bool:
    """False where the dividend is missing or too small to contain the gain."""
    return gain.value <= paid.get((gain.ex_date, gain.currency), Decimal(0)) * (1 + ROUNDING)


def _paid(kind: ActionKind, events: Any, zone: ZoneInfo, currency: str) -> list[Action]:
    """Money per share, in the event's own currency; several payments on one day are added up."""
    sums: dict[tuple[date, str], Decimal] = {}
    for day, event in _dated(events, zone):
        amount, key = _number(event.get("amount")), (day, event.get("currency") or currency)
        if amount != 0:
            sums[key] = sums.get(key, Decimal(0)) + amount
    return [Action(day, kind, amount, paid_in) for (day, paid_in), amount in sums.items()]


def _splits(events: Any, zone: ZoneInfo) -> list[Action]:
    """New shares for one old share; several splits on one day are multiplied."""
    ratios: dict[date, list[Decimal]] = {}
    for day, event in _dated(events, zone):
        new, old = _number(event.get("numerator")), _number(event.get("denominator"))
        ratios.setdefault(day, []).append(exact(float(new) / float(old)) if old else Decimal("nan"))
    return [Action(day, "split", prod(several, start=Decimal(1))) for day, several in ratios.items()]


def _dated(events: Any, zone: ZoneInfo) -> Iterator[tuple[date, Mapping[str, Any]]]:
    """Events by the exchange's date; where Yahoo's midnight is an hour or two early, the next day is meant."""
    for stamp, event in (events or {}).items():
        moment = datetime.fromtimestamp(int(event.get("date", stamp)), zone)
        if moment.hour >= LATE_EVENING and moment.minute == 0:
            moment += timedelta(hours=24 - LATE_EVENING)
        yield moment.date(), event


def _number(amount: Any) -> Decimal:
    return Decimal("nan") if amount is None else exact(float(amount))
