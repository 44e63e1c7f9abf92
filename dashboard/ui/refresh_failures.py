"""What failed in the last refresh, in words for people."""

from collections import defaultdict
from datetime import date

from dashboard.api.payloads import FetchOutcome, LastFetch, ModelFailure, PortfolioStatus, PriceFailure, StaleSource
from dashboard.ui import formats

NAMED = 3  # tickers named in a sentence; the rest is counted
OUTCOMES: dict[FetchOutcome, str] = {
    "loaded": "new values",
    "unchanged": "nothing new",
    "busy": "it was being fetched already",
    "provider_down": "the provider did not answer",
    "rate_limited": "the provider limits requests",
    "garbage": "the provider's answer was not usable",
    "unknown_ticker": "unknown to the provider",
    "unknown_series": "unknown to the provider",
    "bad_key": "the provider rejected the API key",
    "no_data": "the provider has no price",
    "malformed_file": "the file cannot be read",
    "not_asked": "the fetch stopped early",
    "failed": "the fetch failed",
}
SOURCES = {"raw_prices": "prices", "raw_fred": "macro data"}


def sentences(status: PortfolioStatus, today: date) -> list[str]:
    """One for the models, one per reason for missing prices, one per silent source; none if all is well."""
    return [
        *_of_models(status["failed_models"], today),
        *_of_prices(status["failed_prices"]),
        *_of_sources(status["stale_sources"]),
    ]


def of_fetch(fetch: LastFetch | None, today: date) -> tuple[str, str]:
    """How and when the last fetch ended, and the API's reason if it brought nothing."""
    if fetch is None:
        return "not fetched yet", ""
    return f"{OUTCOMES[fetch['outcome']]}, {formats.moment(formats.instant(fetch['finished_at']), today)}", fetch[
        "reason"
    ] or ""


def _of_models(failed: list[ModelFailure], today: date) -> list[str]:
    if not failed:
        return []
    last = max(formats.instant(failure["failed_at"]) for failure in failed)
    names = ", ".join(failure["model"] for failure in failed)
    return [
        f"Your last refresh failed {formats.moment(last, today)} ({names}). It will be retried; your trades are safe."
    ]


def _of_prices(failed: list[PriceFailure]) -> list[str]:
    alike = defaultdict(list)
    for failure in failed:
        alike[formats.instant(failure["failed_at"]).date(), failure["outcome"]].append(failure["ticker"])
    return [
        f"No new prices for {_listed(tickers)} on {formats.day(day)}: {OUTCOMES[outcome]}."
        for (day, outcome), tickers in alike.items()
    ]


def _of_sources(stale: list[StaleSource]) -> list[str]:
    days = {source["source"]: formats.day(formats.instant(source["noticed_at"]).date()) for source in stale}
    return [f"No new {SOURCES[source]} for longer than usual, noticed on {day}." for source, day in days.items()]


def _listed(tickers: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B, C and 4 more`."""
    rest = len(tickers) - NAMED
    words = [*tickers[:NAMED], f"{rest} more"] if rest > 0 else tickers
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
