"""FRED as fredapi and a browser meet it: observations by vintage, vintage dates, the public download."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import zip_longest
from xml.sax.saxutils import quoteattr

from tests.ingestion.replay.proxy import Answer, Request

HOSTS = ("api.stlouisfed.org", "fred.stlouisfed.org")
KEY = "abcdefghijklmnopqrstuvwxyz012345"
MOST_VINTAGES = 2000
# Values of one observation by the day on which each was published, "." where it was withdrawn.
Revisions = Mapping[date, Mapping[date, str]]


class Fred:
    """Answers for the hosts of FRED; `series` may change between requests, `today` hides later publications."""

    def __init__(self) -> None:
        self.series: dict[str, Revisions] = {}
        self.today = date(9999, 12, 31)
        self.page = 100_000

    def answer(self, request: Request) -> Answer:
        """What FRED would say."""
        query = request.query
        if request.host == "fred.stlouisfed.org":
            return self._download(query["id"])
        if query.get("api_key") != KEY:
            return _error(400, "Bad Request.  The value for variable api_key is not registered.")
        revisions = self.series.get(query["series_id"])
        if revisions is None:
            return _error(400, "Bad Request.  The series does not exist.")
        published = sorted({day for row in revisions.values() for day in row if day <= self.today})
        if request.path == "/fred/series/vintagedates":
            return self._paged("vintage_dates", [f"<vintage_date>{day}</vintage_date>" for day in published], query)
        first, last = date.fromisoformat(query["realtime_start"]), date.fromisoformat(query["realtime_end"])
        count = sum(first <= day <= last for day in published)
        if count > MOST_VINTAGES:
            return _error(400, f"Bad Request.  There are {count} vintage dates in the specified real-time period.")
        return self._paged("observations", self._observations(revisions, first, last), query)

    def _observations(self, revisions: Revisions, first: date, last: date) -> list[str]:
        """Values that were valid within a period; FRED dates them no earlier than its first day."""
        rows = []
        for day in sorted(revisions):
            starts = sorted(start for start in revisions[day] if start <= self.today)
            for start, following in zip_longest(starts, starts[1:]):
                end = following - timedelta(days=1) if following else date(9999, 12, 31)
                if start <= last and end >= first:
                    attributes = {
                        "realtime_start": max(start, first).isoformat(),
                        "realtime_end": min(end, last).isoformat(),
                        "date": day.isoformat(),
                        "value": revisions[day][start],
                    }
                    cells = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
                    rows.append(f"<observation {cells}/>")
        return rows

    def _download(self, series_id: str) -> Answer:
        revisions = self.series.get(series_id)
        if revisions is None:
            return Answer(b"<html>Not found</html>", 404, {"Content-Type": "text/html"})
        lines = [f"observation_date,{series_id}"]
        for day in sorted(revisions):
            starts = [start for start in sorted(revisions[day]) if start <= self.today]
            if starts:
                value = revisions[day][starts[-1]]
                lines.append(f"{day},{'' if value == '.' else value}")
        return Answer(("\n".join(lines) + "\n").encode(), headers={"Content-Type": "text/csv"})

    def _paged(self, name: str, rows: Sequence[str], query: Mapping[str, str]) -> Answer:
        offset = int(query.get("offset", 0))
        page = "".join(rows[offset : offset + self.page])
        return _xml(f'<{name} count="{len(rows)}" offset="{offset}" limit="{self.page}">{page}</{name}>')


def published_once(values: Mapping[date, str], lag: int = 10) -> dict[date, dict[date, str]]:
    """Values that were never revised, each published `lag` days after its day."""
    return {day: {day + timedelta(days=lag): value} for day, value in values.items()}


def _error(status: int, message: str) -> Answer:
    return _xml(f'<error code="{status}" message={quoteattr(message)}/>', status)


def _xml(body: str, status: int = 200) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8" ?>{body}'
    return Answer(text.encode(), status, {"Content-Type": "text/xml; charset=UTF-8"})
