"""The history of one transaction, version by version."""

from itertools import pairwise

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.api.payloads import TransactionOut
from dashboard.ledger.trade_form import LABELS
from dashboard.ui import formats


def changes(before: TransactionOut, after: TransactionOut) -> list[str]:
    """The differences between two versions, in words."""
    old, new = _written(before), _written(after)
    return [f"{LABELS[name]}: {old[name]} → {new[name]}" for name in LABELS if before.get(name) != after.get(name)]


def timeline(versions: list[TransactionOut]) -> dmc.Timeline:
    """Oldest first; each version with its time and its changes."""
    first, *_ = versions
    told = [f"{LABELS[name]}: {text}" for name, text in _written(first).items() if first.get(name) is not None]
    items = [_item(first, "Recorded", told)]
    for before, after in pairwise(versions):
        if after["is_deleted"]:
            items.append(_item(after, "Deleted", []))
        else:
            items.append(_item(after, "Changed", changes(before, after) or ["Saved without changes"]))
    return dmc.Timeline(items, active=len(items), bulletSize=16, lineWidth=2)


def _item(version: TransactionOut, title: str, lines: list[str]) -> dmc.TimelineItem:
    recorded = formats.instant(version["recorded_at"])
    when = formats.moment(recorded, recorded.date())
    return dmc.TimelineItem(
        [
            dmc.Text(f"Version {version['version']}, {formats.day(recorded.date())} {when}", c="dimmed", size="sm"),
            *(dmc.Text(line, size="sm") for line in lines),
        ],
        title=title,
    )


def _written(version: TransactionOut) -> dict[str, str]:
    """Each entry of the form as people write it."""
    currency = version["currency"]
    return {
        "ticker": version["ticker"],
        "side": "Buy" if version["side"] == "BUY" else "Sell",
        "quantity": formats.quantity(version["quantity"]),
        "price": formats.exact(version["price"], currency),
        "trade_date": formats.day(version["trade_date"]),
        "fees": formats.exact(version["fees"], currency),
        "currency": currency,
        "settlement_currency": version["settlement_currency"] or formats.UNKNOWN,
        "fx_rate": version["fx_rate"] or formats.UNKNOWN,
        "note": version["note"] or formats.UNKNOWN,
    }
