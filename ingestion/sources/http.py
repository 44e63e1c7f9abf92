"""One bounded GET, with errors that name neither the address nor the key in it."""

import http.client
import re
import urllib.error
import urllib.request
from http import HTTPStatus

from ingestion.errors import IngestionError, NoPricesError, ProviderUnavailableError

TIMEOUT = 30
LARGEST_ANSWER = 100 * 1024 * 1024
# FRED explains itself in an attribute of its XML.
EXPLANATION = re.compile(rb'message="([^"]{1,300})"')


def fetch(url: str, subject: str, secret: str | None = None) -> bytes:
    """The body of a 200 answer.

    Raises:
        NoPricesError: There is no such thing.
        ProviderUnavailableError: Anything else.

    """
    request = urllib.request.Request(url, headers={"User-Agent": "macrofolio"})  # noqa: S310 - addresses are ours
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            body: bytes = response.read(LARGEST_ANSWER + 1)
    except urllib.error.HTTPError as error:
        # Without the original: it carries the address, and with it the key.
        raise _refusal(error, subject, secret) from None
    except (OSError, http.client.HTTPException) as error:
        reason = type(error).__name__
        raise ProviderUnavailableError(f"{subject} can't be reached ({reason}): try again later.") from None
    if len(body) > LARGEST_ANSWER:
        raise ProviderUnavailableError(f"{subject} answered more than {LARGEST_ANSWER:,} bytes: that can't be right.")
    return body


def _refusal(error: urllib.error.HTTPError, subject: str, secret: str | None) -> IngestionError:
    match = EXPLANATION.search(error.read(10_000))
    explanation = match.group(1).decode(errors="replace") if match else "no reason given"
    if secret:
        explanation = explanation.replace(secret, "…")
    if error.code == HTTPStatus.NOT_FOUND or "does not exist" in explanation:
        return NoPricesError(f"{subject} does not exist: {explanation}.")
    wait = error.headers.get("Retry-After", "")
    return ProviderUnavailableError(
        f"{subject} refused with status {error.code}: {explanation}.", float(wait) if wait.isdecimal() else None
    )
