"""The history of one transaction, version by version."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.api.payloads import TransactionOut
from dashboard.ledger.entry_types import label_of
from dashboard.ledger.trade_form import LABELS
from dashboard.ui import formats


def changes(before: TransactionOut, after: TransactionOut, names: Mapping[str, str]) -> list[str]:
    """What differs between two versions, in words; `names` are those of the accounts."""
    old, new = _written(before, names), _written(after, names)
    return [f"{LABELS[name]}: {old[name]} → {new[name]}" for name in LABELS if before.get(name) != after.get(name)]


def timeline(versions: list[TransactionOut], names: Mapping[str, str]) -> dmc.Timeline:
    """Oldest first, each version with when it was recorded and what it changed."""
    first, *_ = versions
    left_out = _untold(first, names)
    told = [f"{LABELS[name]}: {text}" for name, text in _written(first, names).items() if name not in left_out]
    items = [_item(first, "Recorded", told)]
    for before, after in pairwise(versions):
        if after["is_deleted"]:
            items.append(_item(after, "Deleted", []))
        else:
            items.append(_item(after, "Changed", changes(before, after, names) or ["Saved without a change"]))
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


def _untold(version: TransactionOut, names: Mapping[str, str]) -> set[str]:
    """What it does not have; taxes of 0 and an account that is the only one are no news."""
    lacking = {name for name in LABELS if version.get(name) is None}
    without_taxes = set() if Decimal(version["taxes"] or 0) else {"taxes"}
    return lacking | without_taxes | (set() if len(names) > 1 else {"account_id"})


def _written(version: TransactionOut, names: Mapping[str, str]) -> dict[str, str]:
    """Each entry of the form as people write it, in the order of its labels."""
    amounts = ("price", "amount", "fees", "taxes")
    currency = version["currency"]
    written = {
        name: formats.exact(str(amount), currency) for name in amounts if (amount := version.get(name)) is not None
    }
    written |= {
        "type": label_of(version["type"]),
        "quantity": formats.quantity(version["quantity"]),
        "trade_date": formats.day(version["trade_date"]),
        "account_id": names.get(version["account_id"], formats.UNKNOWN),
    }
    return {name: written.get(name) or str(version.get(name) or formats.UNKNOWN) for name in LABELS}
