"""The diary of fetches: one row of bronze.ingestion_runs for each ticker or series that was asked for."""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

import psycopg

from ingestion.errors import FetchOutcome, IngestionError, ProviderUnavailableError, StorageError
from ingestion.records import RefreshSummary, Refusal
from ingestion.store.bronze import Connection

logger = logging.getLogger(__name__)
# Refused rows that are spelt out; the rest is counted.
NAMED_REFUSALS = 5


@dataclass
class Run:
    """What one fetch asked for and got; filled in while it goes."""

    kind: Literal["prices", "macro"]
    subject: str
    source: str
    run_id: UUID = field(default_factory=uuid4)
    asked_from: date | None = None
    rows_received: int = 0
    rows_changed: int = 0
    retries: int = 0
    refusals: Sequence[Refusal] = ()
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def note_retry(self) -> None:
        """Count one more question after an answer that was none."""
        self.retries += 1


class Outcome(NamedTuple):
    """A run that has ended, and what it ended with when it failed."""

    run: Run
    error: IngestionError | None


def refuse_an_outage(outcomes: Collection[Outcome]) -> None:
    """Raise when the provider could not be asked about any of the subjects."""
    unavailable = [outcome for outcome in outcomes if isinstance(outcome.error, ProviderUnavailableError)]
    if unavailable and len(unavailable) == len(outcomes):
        run, error = unavailable[0]
        raise ProviderUnavailableError(f"Nothing came for any of {len(outcomes)} subjects; for {run.subject}: {error}")


def summarised(outcomes: Collection[Outcome]) -> RefreshSummary:
    """What a refresh of several subjects did."""
    failures = {outcome.run.subject: str(outcome.error) for outcome in outcomes if outcome.error is not None}
    return RefreshSummary(
        subjects=len(outcomes),
        rows_changed=sum(outcome.run.rows_changed for outcome in outcomes),
        rows_refused=sum(len(outcome.run.refusals) for outcome in outcomes),
        failures=failures,
    )


@contextmanager
def recorded(connection: Connection, run: Run) -> Iterator[Run]:
    """Write `run` down when the block fails, and let its error pass; a good end is written down by `storing`."""
    try:
        with _own_storage_errors(run):
            yield run
    except IngestionError as error:
        logger.warning("%s %s from %s: %s: %s", run.kind, run.subject, run.source, error.outcome, error)
        _write(connection, run, error.outcome, str(error))
        raise


@contextmanager
def storing(connection: Connection, run: Run) -> Iterator[None]:
    """One transaction for what `run` brought and its row of the diary: neither is ever there without the other."""
    with connection.transaction():
        yield
        outcome = FetchOutcome.LOADED if run.rows_changed else FetchOutcome.UNCHANGED
        _write(connection, run, outcome, _refusal_sentence(run.refusals))
    logger.info(
        "%s %s from %s: %s, %d rows changed, %d refused",
        *(run.kind, run.subject, run.source, outcome, run.rows_changed, len(run.refusals)),
    )


@contextmanager
def _own_storage_errors(run: Run) -> Iterator[None]:
    """What the database refuses of one subject is that subject's trouble; a lost connection is everybody's."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise StorageError(f"{run.subject} could not be stored: {error}") from error


def _refusal_sentence(refusals: Sequence[Refusal]) -> str | None:
    if not refusals:
        return None
    rest = len(refusals) - NAMED_REFUSALS
    return "; ".join(map(str, refusals[:NAMED_REFUSALS])) + (f"; and {rest} more" if rest > 0 else "")


def _write(connection: Connection, run: Run, outcome: FetchOutcome, message: str | None) -> None:
    connection.execute(
        """
        insert into bronze.ingestion_runs
            (run_id, kind, subject, source, outcome, asked_from, asked_to, rows_received, rows_changed, rows_refused,
             retries, message, started_at, finished_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
        """,
        [
            *(run.run_id, run.kind, run.subject, run.source, outcome, run.asked_from, run.started_at.date()),
            *(run.rows_received, run.rows_changed, len(run.refusals), run.retries, message, run.started_at),
        ],
    )
