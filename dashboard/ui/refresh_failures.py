"""What of the last refresh failed, in words for a person."""

from collections import defaultdict
from datetime import date
from typing import Any

from dashboard.ui import formats

NAMED = 3  # tickers that a sentence spells out; the rest is counted
REASONS = {
    "provider_down": "the provider did not answer",
    "rate_limited": "the provider asked to wait",
    "garbage": "the provider's answer made no sense",
    "unknown_ticker": "unknown to the provider",
    "unknown_series": "unknown to the provider",
    "bad_key": "the provider refused the key",
    "no_data": "the provider has no price",
    "malformed_file": "the file cannot be read",
    "not_asked": "the fetch had to stop early",
}
SOURCES = {"raw_prices": "prices", "raw_fred": "macro data"}
FETCHED = {"loaded": "new values came", "unchanged": "nothing new"}


def sentences(status: dict[str, Any], today: date) -> list[str]:
    """One for the models, for each reason why prices did not come, and for each silent source; none if all is well."""
    return [
        *_of_models(status["failed_models"], today),
        *_of_prices(status["failed_prices"]),
        *_of_sources(status["stale_sources"]),
    ]


def of_fetch(fetch: dict[str, Any] | None, today: date) -> tuple[str, str]:
    """How the last fetch ended and when, and the API's sentence on it where it brought nothing."""
    if fetch is None:
        return "not fetched yet", ""
    words = FETCHED.get(fetch["outcome"]) or REASONS.get(fetch["outcome"], "the fetch failed")
    return f"{words}, {formats.moment(formats.instant(fetch['finished_at']), today)}", fetch["reason"] or ""


def _of_models(failed: list[dict[str, Any]], today: date) -> list[str]:
    if not failed:
        return []
    last = max(formats.instant(failure["failed_at"]) for failure in failed)
    names = ", ".join(failure["model"] for failure in failed)
    return [
        f"Your last refresh failed {formats.moment(last, today)} ({names}): it is tried again; your trades are safe."
    ]


def _of_prices(failed: list[dict[str, Any]]) -> list[str]:
    alike = defaultdict(list)
    for failure in failed:
        alike[formats.instant(failure["failed_at"]).date(), failure["outcome"]].append(failure["ticker"])
    return [
        f"No new prices for {_listed(tickers)} on {formats.day(day)}: {REASONS.get(outcome, 'the fetch failed')}."
        for (day, outcome), tickers in alike.items()
    ]


def _of_sources(stale: list[dict[str, Any]]) -> list[str]:
    days = {source["source"]: formats.day(formats.instant(source["noticed_at"]).date()) for source in stale}
    return [f"No new {SOURCES[source]} for longer than usual, noticed on {day}." for source, day in days.items()]


def _listed(tickers: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B, C and 4 more`."""
    rest = len(tickers) - NAMED
    words = [*tickers[:NAMED], f"{rest} more"] if rest > 0 else tickers
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
