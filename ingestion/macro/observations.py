"""Loads macro observations into bronze and keeps every vintage."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from psycopg.rows import class_row

from ingestion.errors import NoDataError
from ingestion.prices.plausibility import same_value
from ingestion.providers.interface import MacroSource
from ingestion.records import MacroSeries, Observation, Reason, Refusal
from ingestion.retries import patiently
from ingestion.store import quarantine
from ingestion.store.bronze import Connection
from ingestion.store.runs import Run, storing


def load_series(connection: Connection, source: MacroSource, run: Run, since: date | None = None) -> None:
    """Fetch one series and store what is new or changed in one transaction.

    Asks a source that keeps vintages only for those since the last stored one, or since `since` when that is earlier;
    for all of them when the values on the first of those days differ from what is stored.
    """
    stored = _stored(connection, run.subject)
    last = _last_vintage(connection, run.subject, source.name)
    run.asked_from = min(last, since or last) if last else None
    series, received = _fetch(connection, source, run)
    if series.covers == "later_vintages" and _disagrees(received, stored, run.asked_from or date.min):
        run.asked_from = None
        series, received = _fetch(connection, source, run)
    if series.covers == "todays_values":
        received = _news(received, stored, datetime.now(UTC).date())
    elif series.covers == "later_vintages":
        received = [row for row in received if row.realtime_start > (run.asked_from or date.min)]
    with storing(connection, run):
        run.rows_changed = _write(connection, run, _differing(received, stored))
        if series.covers == "everything":
            run.rows_changed += _remove(connection, run.subject, _gone(received, stored))
        quarantine.supersede(connection, run, None)


def _fetch(connection: Connection, source: MacroSource, run: Run) -> tuple[MacroSeries, list[Observation]]:
    """The series and its usable rows; the rest goes into quarantine."""
    series = patiently(lambda: source.series(run.subject, run.asked_from), run.note_retry)
    run.rows_received = len(series.observations)
    usable, run.refusals = _checked(series.observations)
    quarantine.keep(connection, run, run.refusals)
    if not usable and series.covers != "later_vintages":
        raise NoDataError(f"{source.name} has no usable value for {run.subject}.")
    return series, usable


def _checked(observations: Sequence[Observation]) -> tuple[list[Observation], list[Refusal]]:
    """Usable rows, the first of each day and vintage, and the refusals."""
    kept: dict[tuple[date, date], Observation] = {}
    refusals = []
    for row in observations:
        if not row.value.is_finite():
            refusals.append(_refusal(row, "not_a_number"))
        elif kept.setdefault((row.observation_date, row.realtime_start), row).value != row.value:
            refusals.append(_refusal(row, "duplicate"))
    return list(kept.values()), refusals


def _refusal(row: Observation, reason: Reason) -> Refusal:
    received = {"value": str(row.value), "realtime_start": row.realtime_start.isoformat()}
    return Refusal(row.observation_date, "observation", reason, received)


def _disagrees(received: Sequence[Observation], stored: Sequence[Observation], day: date) -> bool:
    """True when the source's values as of `day` differ from the stored values known on that day."""
    known = {
        row.observation_date: row.value
        for row in sorted(stored, key=lambda row: row.realtime_start)
        if row.realtime_start <= day
    }
    return any(
        not same_value(known.get(row.observation_date), row.value) for row in received if row.realtime_start <= day
    )


def _news(received: Sequence[Observation], stored: Sequence[Observation], today: date) -> list[Observation]:
    """Values that are new or changed, dated by when they became known."""
    latest = {row.observation_date: row for row in sorted(stored, key=lambda row: row.realtime_start)}
    rows = []
    for row in received:
        known = latest.get(row.observation_date)
        if known is None:
            rows.append(row._replace(realtime_start=min(row.realtime_start, today)))
        elif not same_value(known.value, row.value):
            rows.append(row._replace(realtime_start=today, dated_by="vintage"))
    return rows


def _differing(received: Sequence[Observation], stored: Sequence[Observation]) -> list[Observation]:
    known = {(row.observation_date, row.realtime_start): row for row in stored}
    return [
        row
        for row in received
        if (before := known.get((row.observation_date, row.realtime_start))) is None
        or before.dated_by != row.dated_by
        or not same_value(before.value, row.value)
    ]


def _gone(received: Sequence[Observation], stored: Sequence[Observation]) -> list[Observation]:
    kept = {(row.observation_date, row.realtime_start) for row in received}
    return [row for row in stored if (row.observation_date, row.realtime_start) not in kept]


def _stored(connection: Connection, series_id: str) -> list[Observation]:
    with connection.cursor(row_factory=class_row(Observation)) as cursor:
        return cursor.execute(
            """
            select observation_date, value, realtime_start, dated_by from bronze.raw_fred
            where series_id = %s and value is not null
            """,
            [series_id],
        ).fetchall()


def _last_vintage(connection: Connection, series_id: str, source: str) -> date | None:
    """The last stored publication; None if another source loaded any of the stored rows."""
    row = connection.execute(
        """
        select max(realtime_start) filter (where dated_by = 'vintage'), bool_and(source = %s)
        from bronze.raw_fred where series_id = %s
        """,
        [source, series_id],
    ).fetchone()
    return row[0] if row and row[1] else None


def _write(connection: Connection, run: Run, rows: Sequence[Observation]) -> int:
    """COPY into a staging table, then one upsert."""
    if not rows:
        return 0
    connection.execute(
        """
        create temporary table if not exists staged_observations (
            observation_date date, value numeric, realtime_start date, dated_by text
        ) on commit delete rows
        """
    )
    with connection.cursor() as cursor, cursor.copy("copy pg_temp.staged_observations from stdin") as copy:
        copy.write("\n".join(["\t".join(map(str, row)) for row in rows]))
    connection.execute(
        """
        insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
        select %s, observation_date, value, realtime_start, dated_by, %s from pg_temp.staged_observations
        on conflict (series_id, observation_date, realtime_start) do update set
            value = excluded.value, dated_by = excluded.dated_by, source = excluded.source, loaded_at = now()
        """,
        [run.subject, run.source],
    )
    return len(rows)


def _remove(connection: Connection, series_id: str, rows: Sequence[Observation]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(
            "delete from bronze.raw_fred where series_id = %s and observation_date = %s and realtime_start = %s",
            [(series_id, row.observation_date, row.realtime_start) for row in rows],
        )
    return len(rows)
