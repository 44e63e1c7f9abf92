"""The day for a moment in UTC, where a program wrote midnight in its user's time zone.

Moments that look like midnight somewhere get that day, if one time zone fits all of the file's. If several fit and
disagree on a day, or none does, the day is unclear. All other moments get their day in UTC.
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
QUARTER_OF_AN_HOUR = 15  # minutes: time zone offsets are multiples of it
# Up to this hour, midnight in the west is the same day, and it is midnight nowhere in the east.
LAST_HOUR_OF_ONE_DAY = 9


class Days:
    """The days for one file.

    Args:
        moments: Every trade's moment, as written in the file.
        zone: The time zone in which they are days, if the sender gave one.

    """

    def __init__(self, moments: Iterable[str], zone: ZoneInfo | None) -> None:
        self._zone = zone
        midnights = {found for text in moments if (found := _moment(text)) and _may_be_midnight(found)}
        self._zones = [] if zone else _zones_of(midnights)

    def day(self, text: str) -> str:
        """The day as YYYY-MM-DD; text that is no moment in UTC is returned unchanged.

        Raises:
            RefusedRowError: It may be midnight of one day or a moment in another.

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
                'time zone. Give its time zone as time_zone, such as "Europe/Berlin".'
            )
        return days.pop().isoformat()

    def told(self, text: str) -> dict[str, str]:
        """The day, or why it is unclear, as cells of a record."""
        try:
            return {DAY: self.day(text), UNCLEAR: ""}
        except RefusedRowError as refusal:
            return {DAY: "", UNCLEAR: str(refusal)}


def day_of(record: Record) -> str:
    """The day that `Days.told` put into a record.

    Raises:
        RefusedRowError: It is not a date, or unclear.

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
    """True for full quarter-hours, except midnight in UTC, which is that day whoever wrote it."""
    seconds = moment.second or moment.microsecond
    return not seconds and moment.minute % QUARTER_OF_AN_HOUR == 0 and (moment.hour, moment.minute) != (0, 0)


def _zones_of(midnights: Iterable[datetime]) -> list[ZoneInfo]:
    """The time zones in which each of these is the first moment of a day."""
    zones = _inhabited_zones() if midnights else []
    for moment in midnights:
        zones = [zone for zone in zones if _is_first_of_its_day(moment, zone)]
    return zones


def _is_first_of_its_day(moment: datetime, zone: ZoneInfo) -> bool:
    """True at midnight, or where clocks skip midnight."""
    local = moment.astimezone(zone)
    before = (moment - timedelta(microseconds=1)).astimezone(zone)
    return local.date() > before.date()


@cache
def _inhabited_zones() -> list[ZoneInfo]:
    return [ZoneInfo(name) for name in sorted(available_timezones()) if "/" in name and name[:4] != "Etc/"]
