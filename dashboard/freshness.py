"""The badge that stands wherever a figure rests on data that are stale, estimated or incomplete."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import formats


def stale_badge(row: Mapping[str, Any]) -> html.Span | None:
    """What a row's figure rests on when not on prices of the day: one badge, which says it; None where all is well.

    Understands `is_stale`, `price_date` and `unconverted_currencies` of the API; a row has what it has.
    """
    words = weakness(row)
    if words is None:
        return None
    short, long = words
    return html.Span(
        [short, html.Span(f": {long}", className="for-readers-only")], className="tag tag-warn", title=long
    )


def weakness(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """In few words and in a sentence, why a figure is to be taken with care."""
    if currencies := row.get("unconverted_currencies"):
        return "not converted", f"There is no exchange rate for {currencies} yet, so what is in it is left unknown."
    if not row.get("is_stale"):
        return None
    if (price_date := row.get("price_date")) is None:
        return "estimated", "There is no price yet: it is valued at what was paid."
    day = formats.day(price_date)
    return f"price of {day}", f"The last price known is that of {day}: nothing newer has come since."
