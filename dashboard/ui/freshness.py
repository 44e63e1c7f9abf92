"""The badge on figures based on stale, estimated or incomplete data."""

from collections.abc import Iterable

from dash import html

from dashboard.api.payloads import Holding, TickerKpis
from dashboard.ui import formats

NAMED = 5  # tickers named in a sentence


def stale_badge(row: TickerKpis) -> html.Span | None:
    """What a ticker's figures rest on when not on prices of the day, as one badge; None where all is well."""
    words = weakness(row)
    return _badge(*words) if words else None


def badge_of_total(holdings: Iterable[Holding | TickerKpis]) -> html.Span | None:
    """The badge on a sum over holdings: how many of them rest on an older price, and which."""
    weak = [row["ticker"] for row in holdings if row["quantity"] and row["is_stale"]]
    if not weak:
        return None
    named = ", ".join(weak[:NAMED]) + (" and others" if len(weak) > NAMED else "")
    return _badge(f"{formats.count(len(weak))} stale", f"{named} valued at the last known price or at cost.")


def _badge(short: str, long: str) -> html.Span:
    return html.Span(
        [short, html.Span(f": {long}", className="for-readers-only")], className="tag tag-warn", title=long
    )


def weakness(row: TickerKpis) -> tuple[str, str] | None:
    """A short and a full reason to treat a figure with caution."""
    if currencies := row["unconverted_currencies"]:
        if row["market_value"] is not None and row["is_stale"]:
            return "estimated", f"No exchange rate for {currencies} yet: valued at cost."
        return "not converted", f"No exchange rate for {currencies} yet: amounts in it are unknown."
    if not row["is_stale"]:
        return None
    if (price_date := row["price_date"]) is None:
        return "estimated", "No price yet: valued at cost."
    day = formats.day(price_date)
    return f"price of {day}", f"Latest price: {day}. Nothing newer has arrived since."
