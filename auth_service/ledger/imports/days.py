"""The day that a moment in UTC stands for, where a program wrote midnight of its user's time zone.

What looks like midnight somewhere is that day, if one time zone fits all such moments of the file; if several do and
disagree on a day, or none does, nobody can tell. Other moments are what they are: their day in UTC.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from auth_service.ledger.imports.amounts import year_first
from auth_service.ledger.imports.rows import Record, RefusedRowError

MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)(?:Z|\+00:?00)")
DAY, UNCLEAR = "day told", "day unclear"  # cells
QUARTER_OF_AN_HOUR = 15  # minutes: offsets are multiples of it
# Up to here midnight of the west is the same day, and it is midnight nowhere in the east.
LAST_HOUR_OF_ONE_DAY = 9


class Days:
    """The days of one file.

    Args:
        moments: Every moment that the file tells of trades, as it is written.
        zone: The time zone in which they are days, if whoever sends the file has said so.

    """

    def __init__(self, moments: Iterable[str], zone: ZoneInfo | None) -> None:
        self._zone = zone
        midnights = {found for text in moments if (found := _moment(text)) and _may_be_midnight(found)}
        self._zones = [] if zone else _zones_of(midnights)

    def day(self, text: str) -> str:
        """The day as YYYY-MM-DD; text that is no moment in UTC is given back.

        Raises:
            RefusedRowError: It may be midnight of one day or a moment of another.

        """
        moment = _moment(text)
        if moment is None:
            return text
        if self._zone is not None:
            return moment.astimezone(self._zone).date().isoformat()
        if not _may_be_midnight(moment) or moment.hour <= LAST_HOUR_OF_ONE_DAY:
            return moment.date().isoformat()
        days = {moment.astimezone(zone).date() for zone in self._zones}
        if len(days) != 1:
            raise RefusedRowError(
                f"{moment:%H:%M} UTC on {moment:%Y-%m-%d} is midnight of that day or of the next, depending on the "
                'time zone. Say in which the file was made, by time_zone, such as "Europe/Berlin".'
            )
        return days.pop().isoformat()

    def told(self, text: str) -> dict[str, str]:
        """The day, or why it is unclear, as cells of a record."""
        try:
            return {DAY: self.day(text), UNCLEAR: ""}
        except RefusedRowError as refusal:
            return {DAY: "", UNCLEAR: str(refusal)}


def day_of(record: Record) -> str:
    """The day that `Days.told` has put into a record.

    Raises:
        RefusedRowError: It is no date, or unclear.

    """
    if record[UNCLEAR]:
        raise RefusedRowError(record[UNCLEAR])
    return year_first(record[DAY])


def _moment(text: str) -> datetime | None:
    found = MOMENT.fullmatch(text)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _may_be_midnight(moment: datetime) -> bool:
    """True for a quarter of an hour, but midnight in UTC is that day whoever wrote it."""
    seconds = moment.second or moment.microsecond
    return not seconds and moment.minute % QUARTER_OF_AN_HOUR == 0 and (moment.hour, moment.minute) != (0, 0)


def _zones_of(midnights: Iterable[datetime]) -> list[ZoneInfo]:
    """The time zones in which all of these are the first moment of a day."""
    zones = _inhabited_zones() if midnights else []
    for moment in midnights:
        zones = [zone for zone in zones if _is_first_of_its_day(moment, zone)]
    return zones


def _is_first_of_its_day(moment: datetime, zone: ZoneInfo) -> bool:
    """True at midnight, or where clocks skip it."""
    local = moment.astimezone(zone)
    before = (moment - timedelta(microseconds=1)).astimezone(zone)
    return local.date() > before.date()


@cache
def _inhabited_zones() -> list[ZoneInfo]:
    return [ZoneInfo(name) for name in sorted(available_timezones()) if "/" in name and name[:4] != "Etc/"]
