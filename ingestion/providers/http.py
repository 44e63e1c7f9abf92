"""One bounded GET, to known hosts only, with errors that show neither the address nor the key in it."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

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
LARGEST_ANSWER = 100 * 1024 * 1024
CHUNK = 1 << 16
# Wait when a provider limits us without naming a time; observed limits last a minute.
RATE_LIMIT_WAIT = 60.0
# FRED explains itself in an attribute of its XML.
EXPLANATION = re.compile(rb'message="([^"]{1,300})"')


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


def fetch(url: str, subject: str, hosts: Collection[str], secret: str | None = None) -> bytes:
    """The body of a 200 answer.

    Raises:
        UnknownSeriesError: The address does not exist.
        ProviderUnavailableError: Any other failure.

    """
    refuse_foreign(url, hosts)
    opener = urllib.request.build_opener(_KnownHosts(hosts))
    opener.addheaders = [("User-Agent", "macrofolio")]
    limit = seconds_left(TIMEOUT)
    try:
        with opener.open(url, timeout=limit) as response:
            return _body(response, time.monotonic() + limit, subject)
    except urllib.error.HTTPError as error:
        failure: IngestionError = _refusal(error, subject, secret)
    except (OSError, http.client.HTTPException) as error:
        failure = ProviderDownError(f"{subject} can't be reached ({type(error).__name__}). Try again later.")
    # Outside the handlers: the caught error would carry the address, and so the key, into every traceback.
    raise failure


class _KnownHosts(urllib.request.HTTPRedirectHandler):
    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts

    def redirect_request(self, *asked: Any) -> Any:
        refuse_foreign(asked[-1], self._hosts)
        return super().redirect_request(*asked)


def _body(response: http.client.HTTPResponse, ends_at: float, subject: str) -> bytes:
    """The whole body, in bounded time and size: a socket's own timeout starts over with every byte."""
    body = bytearray()
    while part := response.read1(CHUNK):
        body += part
        if len(body) > LARGEST_ANSWER:
            raise GarbageError(f"{subject} sent more than {LARGEST_ANSWER:,} bytes, too many. Try again later.")
        if time.monotonic() > ends_at:
            raise ProviderDownError(f"{subject} answers too slowly. Try again later.")
    if response.length:
        raise GarbageError(f"{subject} broke off mid-answer. Try again later.")
    return bytes(body)


def _refusal(error: urllib.error.HTTPError, subject: str, secret: str | None) -> IngestionError:
    match = EXPLANATION.search(error.read(10_000))
    explanation = match.group(1).decode(errors="replace") if match else "no reason given"
    if secret:
        explanation = explanation.replace(secret, "…")
    if error.code == HTTPStatus.NOT_FOUND or "does not exist" in explanation:
        return UnknownSeriesError(f"{subject} was not found ({explanation}).")
    if error.code == HTTPStatus.BAD_REQUEST and "api_key" in explanation:
        return RefusedKeyError(
            f"FRED rejects the key ({explanation}). Correct FRED_API_KEY, or remove it to use FRED's public download."
        )
    sentence = f"{subject} answered with status {error.code} ({explanation})."
    if error.code == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(sentence, retry_after(error.headers["Retry-After"]))
    return ProviderDownError(sentence)
