"""The one door to Yahoo: every request that yfinance makes goes through here."""

import json
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from curl_cffi.requests import Response, Session

from ingestion.errors import GarbageError, ProviderDownError, RateLimitedError
from ingestion.providers.http import refuse_foreign, retry_after
from ingestion.retries import seconds_left

HOSTS = frozenset(
    {
        *("query1.finance.yahoo.com", "query2.finance.yahoo.com", "finance.yahoo.com", "fc.yahoo.com"),
        *("guce.yahoo.com", "consent.yahoo.com"),
    }
)
TIMEOUT = 20
MOST_REDIRECTS = 5
# Besides charts, yfinance can do without an answer to its question for a crumb.
CRUMB = "/v1/test/getcrumb"
EVENTS = "events"


class YahooSession(Session[Response]):
    """A browser-like session that stays on Yahoo's hosts, within the time that is left, and quiet when told to be.

    yfinance shares it between threads.
    """

    def __init__(self) -> None:
        super().__init__(impersonate="chrome")
        self._quiet_until = 0.0
        self._heard = threading.local()

    def forget(self) -> None:
        """What this thread hears from here on belongs to another question."""
        self._heard.chart = {}

    @property
    def last_chart(self) -> Mapping[str, Any]:
        """The last chart this thread received, with its events; empty if it received none."""
        return getattr(self._heard, "chart", {})

    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Response:
        """Ask, follow redirects within Yahoo, and turn a 429 into the pause that it asks for."""
        options["allow_redirects"] = False
        for _ in range(MOST_REDIRECTS):
            self._respect_the_pause()
            refuse_foreign(url, HOSTS)
            options["timeout"] = seconds_left(TIMEOUT)
            answer = super().request(method, url, *arguments, **options)
            if not answer.is_redirect:
                break
            method, url = "GET", urljoin(url, answer.headers["Location"])
            arguments, options = (), options | {"params": None, "data": None, "json": None}
        else:
            raise GarbageError("Yahoo redirects in a circle: try again later.")
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and CRUMB not in url:
            wait = retry_after(answer.headers.get("Retry-After"))
            self._quiet_until = time.monotonic() + wait
            raise RateLimitedError(f"Yahoo limits how often we may ask: try again in {wait:.0f} s.", wait)
        if "/chart/" in url and answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ProviderDownError(f"Yahoo is in trouble (status {answer.status_code}): try again later.")
        if "/chart/" in url:
            self._heard.chart = _chart_without_events(answer)
        return answer

    def _respect_the_pause(self) -> None:
        left = self._quiet_until - time.monotonic()
        if left > 0:
            raise RateLimitedError(f"Yahoo limits how often we may ask: try again in {left:.0f} s.", left)


def _chart_without_events(answer: Response) -> Mapping[str, Any]:
    """The whole chart, whose events are taken out of the answer before yfinance reads it.

    It drops the currency of a dividend, and takes a capital gain that names one for a broken answer; yahoo_events.py
    reads both.
    """
    try:
        body = json.loads(answer.content)
    except ValueError:
        return {}
    chart = body.get("chart") if isinstance(body, dict) else None
    if not isinstance(chart, dict):
        return {}
    results = [result for result in chart.get("result") or () if isinstance(result, dict)]
    if any(EVENTS in result for result in results):
        bare = [{key: value for key, value in result.items() if key != EVENTS} for result in results]
        answer.content = json.dumps({"chart": chart | {"result": bare}}).encode()
    return chart
