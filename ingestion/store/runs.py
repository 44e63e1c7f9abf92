"""The log of fetches: one row in bronze.ingestion_runs for each requested ticker or series."""

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
# Show this many refused rows; count the rest.
NAMED_REFUSALS = 5


@dataclass
class Run:
    """What one fetch asked for and got; filled in as it goes."""

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
        """Count one more request after a failed one."""
        self.retries += 1


class Outcome(NamedTuple):
    """A finished run, and its error if it failed."""

    run: Run
    error: IngestionError | None


def refuse_an_outage(outcomes: Collection[Outcome]) -> None:
    """Raise if the provider was unavailable for every subject."""
    unavailable = [outcome for outcome in outcomes if isinstance(outcome.error, ProviderUnavailableError)]
    if unavailable and len(unavailable) == len(outcomes):
        run, error = unavailable[0]
        raise ProviderUnavailableError(f"All {len(outcomes)} fetches failed. {run.subject}: {error}")


def summarised(outcomes: Collection[Outcome]) -> RefreshSummary:
    """The summary of a refresh of several subjects."""
    failures = {outcome.run.subject: str(outcome.error) for outcome in outcomes if outcome.error is not None}
    return RefreshSummary(
        subjects=len(outcomes),
        rows_changed=sum(outcome.run.rows_changed for outcome in outcomes),
        rows_refused=sum(len(outcome.run.refusals) for outcome in outcomes),
        failures=failures,
    )


@contextmanager
def recorded(connection: Connection, run: Run) -> Iterator[Run]:
    """Record `run` if the block fails, and let the error pass; `storing` records success."""
    try:
        with _own_storage_errors(run):
            yield run
    except IngestionError as error:
        logger.warning("%s %s from %s: %s: %s", run.kind, run.subject, run.source, error.outcome, error)
        _write(connection, run, error.outcome, str(error))
        raise


@contextmanager
def storing(connection: Connection, run: Run) -> Iterator[None]:
    """One transaction for the data of `run` and its log row: neither exists without the other."""
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
    """If the database rejects a subject's data, only that subject fails; a lost connection fails them all."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise StorageError(f"Could not store {run.subject}: {error}") from error


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
