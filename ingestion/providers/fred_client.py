"""fredapi's client with a time limit, all pages, and errors that explain what happened without showing the key."""

import xml.etree.ElementTree as ET
from datetime import datetime
from functools import lru_cache

import fredapi

from ingestion.errors import GarbageError
from ingestion.providers.http import fetch

HOSTS = ("api.stlouisfed.org",)
ANSWERS = ("observations", "vintage_dates")


class BoundedFred(fredapi.Fred):  # type: ignore[misc]
    """fredapi has no time limit, takes the first page as the whole answer, and ignores status codes."""

    def _parse(self, date_str: str) -> datetime:
        """Parse dates fast: there are hundreds of thousands, and fredapi uses pandas for each."""
        return _day(date_str)

    def _Fred__fetch_data(self, url: str) -> ET.Element:  # noqa: N802 - fredapi's only request
        """All pages of an answer, merged."""
        answer = self._page(url, 0)
        expected = int(answer.get("count", len(answer)))
        while len(answer) < expected:
            page = self._page(url, len(answer))
            if len(page) == 0:
                raise GarbageError(f"FRED sent only {len(answer)} of {expected} rows. Try again later.")
            answer.extend(page)
        return answer

    def _page(self, url: str, offset: int) -> ET.Element:
        body = fetch(f"{url}&offset={offset}&api_key={self.api_key}", "FRED", HOSTS, secret=self.api_key)
        try:
            answer = ET.fromstring(body)  # noqa: S314 - expat expands no external entities, and bounds internal ones
        except ET.ParseError:
            raise GarbageError("FRED's answer can't be read. Try again later.") from None
        if answer.tag not in ANSWERS:
            raise GarbageError(f"FRED sent an unexpected answer (<{answer.tag}>). Try again later.")
        return answer


@lru_cache(maxsize=100_000)
def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)
