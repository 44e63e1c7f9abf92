"""The only door to Yahoo: every request from yfinance goes through here."""

import json
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from curl_cffi.requests import Response

from ingestion.errors import ProviderDownError, RateLimitedError
from ingestion.providers.http import KnownHostsSession, retry_after

HOSTS = frozenset(
    {
        *("query1.finance.yahoo.com", "query2.finance.yahoo.com", "finance.yahoo.com", "fc.yahoo.com"),
        *("guce.yahoo.com", "consent.yahoo.com"),
    }
)
TIMEOUT = 20
# Besides charts: yfinance can do without a crumb.
CRUMB = "/v1/test/getcrumb"
EVENTS = "events"


class YahooSession(KnownHostsSession):
    """A browser-like session that stays on Yahoo's hosts, and pauses when Yahoo says so.

    yfinance shares it between threads.
    """

    def __init__(self) -> None:
        super().__init__(HOSTS, TIMEOUT, impersonate="chrome")
        self._quiet_until = 0.0
        self._heard = threading.local()

    def forget(self) -> None:
        """Forget the last chart: this thread's next answers belong to another question."""
        self._heard.chart = {}

    @property
    def last_chart(self) -> Mapping[str, Any]:
        """The last chart this thread received, with its events; empty if it received none."""
        return getattr(self._heard, "chart", {})

    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Response:
        """Send a request, unless Yahoo wants quiet, and turn a 429 into the pause it asks for."""
        self._respect_the_pause()
        answer = super().request(method, url, *arguments, **options)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and CRUMB not in answer.url:
            wait = retry_after(answer.headers.get("Retry-After"))
            self._quiet_until = time.monotonic() + wait
            raise RateLimitedError(f"Yahoo limits requests. Try again in {wait:.0f} s.", wait)
        if "/chart/" in answer.url and answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ProviderDownError(f"Yahoo has a problem (status {answer.status_code}). Try again later.")
        if "/chart/" in answer.url:
            self._heard.chart = _chart_without_events(answer)
        return answer

    def _respect_the_pause(self) -> None:
        left = self._quiet_until - time.monotonic()
        if left > 0:
            raise RateLimitedError(f"Yahoo limits requests. Try again in {left:.0f} s.", left)


def _chart_without_events(answer: Response) -> Mapping[str, Any]:
    """The whole chart; its events are removed from the answer before yfinance reads it.

    yfinance drops the currency of a dividend, and treats a capital gain with a currency as a broken answer;
    yahoo_events.py reads both.
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
