"""Macro observations into bronze: every vintage stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from psycopg.rows import class_row

from ingestion.bronze import Connection
from ingestion.errors import NoPricesError
from ingestion.plausibility import same_value
from ingestion.records import MacroSeries, Observation
from ingestion.runs import Run
from ingestion.sources.interface import MacroSource


def load_series(connection: Connection, source: MacroSource, run: Run) -> None:
    """Fetch one series and store what is new or changed in one transaction.

    A whole series (a file, or all vintages) takes the place of what is stored: rows are corrected, and removed when
    they left it. Today's values (FRED without a key) overwrite nothing: what one changed to was known from today on.
    """
    series = source.series(run.subject)
    received = [row for row in series.observations if row.value.is_finite()]
    run.rows_received = len(series.observations) + len(series.unreadable)
    run.refusals = _refusals(series)
    if not received:
        raise NoPricesError(f"{source.name} has no usable value of {run.subject}.")
    stored = _stored(connection, run.subject)
    if not series.is_whole:
        received = _news(received, stored, datetime.now(UTC).date())
    with connection.transaction():
        run.rows_changed = _write(connection, run, _differing(received, stored))
        if series.is_whole:
            run.rows_changed += _remove(connection, run.subject, _gone(received, stored))


def _refusals(series: MacroSeries) -> tuple[str, ...]:
    odd = (row for row in series.observations if not row.value.is_finite())
    return series.unreadable + tuple(f"{row.observation_date}: the value is {row.value}" for row in odd)


def _news(received: Sequence[Observation], stored: Sequence[Observation], today: date) -> list[Observation]:
    """Values that say something new, dated by when it was known."""
    latest = {row.observation_date: row for row in sorted(stored, key=lambda row: row.realtime_start)}
    rows = []
    for row in received:
        known = latest.get(row.observation_date)
        if known is None:
            rows.append(replace(row, realtime_start=min(row.realtime_start, today)))
        elif not same_value(known.value, row.value):
            rows.append(replace(row, realtime_start=today, dated_by="vintage"))
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


def _write(connection: Connection, run: Run, rows: Sequence[Observation]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (series_id, observation_date, realtime_start) do update set
                value = excluded.value, dated_by = excluded.dated_by, source = excluded.source, loaded_at = now()
            """,
            [
                (run.subject, row.observation_date, row.value, row.realtime_start, row.dated_by, run.source)
                for row in rows
            ],
        )
    return len(rows)


def _remove(connection: Connection, series_id: str, rows: Sequence[Observation]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(
            "delete from bronze.raw_fred where series_id = %s and observation_date = %s and realtime_start = %s",
            [(series_id, row.observation_date, row.realtime_start) for row in rows],
        )
    return len(rows)
