"""HTTP to a provider's own hosts, bounded in time and size; no error shows the address or the key in it."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from curl_cffi import CurlECode, CurlOpt
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException

from ingestion.errors import (
    GarbageError,
    IngestionError,
    ProviderDownError,
    RateLimitedError,
    RefusedKeyError,
    UnknownSeriesError,
)
from ingestion.retries import seconds_left

TIMEOUT = 30
MOST_REDIRECTS = 5
LARGEST_ANSWER = 100 * 1024 * 1024
# Wait when a provider limits us without naming a time; observed limits last a minute.
RATE_LIMIT_WAIT = 60.0
# FRED explains itself in an attribute of its XML.
EXPLANATION = re.compile(r'message="([^"]{1,300})"')


def refuse_foreign(url: str, hosts: Collection[str]) -> None:
    """Raise unless the address is encrypted and one of the provider's own."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in hosts:
        raise GarbageError(f"The provider redirects to {parts.scheme}://{parts.hostname}, which is not followed.")


def retry_after(header: str | None) -> float:
    """Seconds a 429 asks us to wait, given as a number or a date."""
    text = header or ""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return RATE_LIMIT_WAIT


class KnownHostsSession(Session[Response]):
    """A session that stays on a provider's hosts, each request within the time left; threads may share it.

    Args:
        hosts: Where requests and redirects may go.
        timeout: Seconds for one request from its start to the last byte of its answer.
        options: What curl_cffi's own session takes.

    """

    def __init__(self, hosts: Collection[str], timeout: float, **options: Any) -> None:
        super().__init__(**options)
        self._hosts, self._longest = hosts, timeout

    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Response:
        """Send a request and follow redirects.

        Raises:
            GarbageError: A redirect leads to another host, or too many follow each other.
            ProviderDownError: No time is left.

        """
        options["allow_redirects"] = False
        for _ in range(MOST_REDIRECTS):
            refuse_foreign(url, self._hosts)
            options["timeout"] = seconds_left(self._longest)
            answer = super().request(method, url, *arguments, **options)
            if not answer.is_redirect:
                return answer
            method, url = "GET", urljoin(url, answer.headers["Location"])
            arguments, options = (), options | {"params": None, "data": None, "json": None}
        raise GarbageError("The provider's redirects form a loop. Try again later.")


def fetch(url: str, subject: str, hosts: Collection[str], secret: str | None = None) -> bytes:
    """The body of a 200 answer.

    Raises:
        UnknownSeriesError: The address does not exist.
        ProviderUnavailableError: Any other failure.

    """
    options = {"headers": {"User-Agent": "macrofolio"}, "curl_options": {CurlOpt.MAXFILESIZE: LARGEST_ANSWER}}
    try:
        with KnownHostsSession(hosts, TIMEOUT, **options) as session:
            # Not compressed: the bound on the size is one of what is sent.
            answer = session.get(url, accept_encoding=None)
    except RequestException as error:
        failure = _failure(error, subject)
    else:
        if answer.status_code == HTTPStatus.OK:
            return bytes(answer.content)
        failure = _refusal(answer, subject, secret)
    # Outside the handler: the caught error would carry the address, and so the key, into every traceback.
    raise failure


def _failure(error: RequestException, subject: str) -> IngestionError:
    """What it means that no whole answer came."""
    if error.code == CurlECode.FILESIZE_EXCEEDED:
        return GarbageError(f"{subject} sent more than {LARGEST_ANSWER:,} bytes, too many. Try again later.")
    begun = error.response is not None and error.response.status_code == HTTPStatus.OK
    if error.code == CurlECode.PARTIAL_FILE or (error.code == CurlECode.RECV_ERROR and begun):
        return GarbageError(f"{subject} broke off mid-answer. Try again later.")
    if error.code == CurlECode.OPERATION_TIMEDOUT:
        return ProviderDownError(f"{subject} answers too slowly. Try again later.")
    return ProviderDownError(f"{subject} can't be reached ({type(error).__name__}). Try again later.")


def _refusal(answer: Response, subject: str, secret: str | None) -> IngestionError:
    """What an answer with another status than 200 means; `secret` is never repeated."""
    match = EXPLANATION.search(answer.text[:10_000])
    explanation = match.group(1) if match else "no reason given"
    if secret:
        explanation = explanation.replace(secret, "…")
    if answer.status_code == HTTPStatus.NOT_FOUND or "does not exist" in explanation:
        return UnknownSeriesError(f"{subject} was not found ({explanation}).")
    if answer.status_code == HTTPStatus.BAD_REQUEST and "api_key" in explanation:
        return RefusedKeyError(
            f"FRED rejects the key ({explanation}). Correct FRED_API_KEY, or remove it to use FRED's public download."
        )
    sentence = f"{subject} answered with status {answer.status_code} ({explanation})."
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(sentence, retry_after(answer.headers.get("Retry-After")))
    return ProviderDownError(sentence)
