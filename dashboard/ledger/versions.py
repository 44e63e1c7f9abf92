"""What became of one transaction, version by version."""

from itertools import pairwise
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.ledger.trade_form import LABELS
from dashboard.ui import formats

Version = dict[str, Any]


def changes(before: Version, after: Version) -> list[str]:
    """What differs between two versions, in words."""
    return [
        f"{label}: {_written(before, name)} → {_written(after, name)}"
        for name, label in LABELS.items()
        if before[name] != after[name]
    ]


def timeline(versions: list[Version]) -> dmc.Timeline:
    """Oldest first, each version with when it was recorded and what it changed."""
    first, *_ = versions
    told = [f"{label}: {_written(first, name)}" for name, label in LABELS.items() if first[name] is not None]
    items = [_item(first, "Recorded", told)]
    for before, after in pairwise(versions):
        if after["is_deleted"]:
            items.append(_item(after, "Deleted", []))
        else:
            items.append(_item(after, "Changed", changes(before, after) or ["Saved without a change"]))
    return dmc.Timeline(items, active=len(items), bulletSize=16, lineWidth=2)


def _item(version: Version, title: str, lines: list[str]) -> dmc.TimelineItem:
    recorded = formats.instant(version["recorded_at"])
    when = formats.moment(recorded, recorded.date())
    return dmc.TimelineItem(
        [
            dmc.Text(f"Version {version['version']}, {formats.day(recorded.date())} {when}", c="dimmed", size="sm"),
            *(dmc.Text(line, size="sm") for line in lines),
        ],
        title=title,
    )


def _written(version: Version, name: str) -> str:
    value = version[name]
    if name == "side":
        return "Buy" if value == "BUY" else "Sell"
    if name == "quantity":
        return formats.quantity(value)
    if name in {"price", "fees"}:
        return formats.exact(value, version["currency"])
    if name == "trade_date":
        return formats.day(value)
    return value or formats.UNKNOWN
