"""Refused values, kept in bronze.quarantined_rows until a later fetch brings better ones."""

from collections.abc import Sequence
from datetime import date

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from ingestion.prices.distributions import Confirmation
from ingestion.records import Refusal
from ingestion.store.bronze import Connection
from ingestion.store.runs import Run


def keep(connection: Connection, run: Run, refusals: Sequence[Refusal]) -> None:
    """Store this run's refusals; those refused before are marked as seen again."""
    if not refusals:
        return
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into bronze.quarantined_rows as known
                (kind, subject, row_date, item, reason, received, source, run_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (kind, subject, row_date, item, reason, received) do update set
                source = excluded.source, run_id = excluded.run_id, last_seen_at = now(), superseded_at = null
            """,
            [
                (
                    run.kind,
                    run.subject,
                    row.row_date,
                    row.item,
                    row.reason,
                    Jsonb(dict(row.received)),
                    run.source,
                    run.run_id,
                )
                for row in refusals
            ],
        )


def supersede(connection: Connection, run: Run, since: date | None) -> None:
    """Close the entries of days that this run covered and did not refuse again."""
    connection.execute(
        """
        update bronze.quarantined_rows set superseded_at = now()
        where kind = %s and subject = %s and row_date >= %s and run_id <> %s and superseded_at is null
        """,
        [run.kind, run.subject, since or date.min, run.run_id],
    )


def confirmed(connection: Connection, kind: str, subject: str) -> list[Confirmation]:
    """The subject's refused values that a person has confirmed."""
    with connection.cursor(row_factory=class_row(Confirmation)) as cursor:
        return cursor.execute(
            """
            select row_date, item, (received ->> 'value')::numeric as value from bronze.quarantined_rows
            where kind = %s and subject = %s and confirmed_at is not null and received ->> 'value' is not null
            """,
            [kind, subject],
        ).fetchall()


def confirm(connection: Connection, ticker: str, day: date) -> list[str]:
    """Confirm the ticker's payments and splits on that day; returns the items that were in quarantine."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            update bronze.quarantined_rows set confirmed_at = now()
            where kind = 'prices' and subject = %s and row_date = %s and superseded_at is null
                and item in ('dividend', 'capital_gain', 'split') and reason in ('jump', 'ratio')
            returning item
            """,
            [ticker, day],
        ).fetchall()
