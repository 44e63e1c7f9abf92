"""Macro series: the monthly refresh."""

import logging
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError, UnknownSeriesError
from ingestion.macro.observations import load_series
from ingestion.providers import macro_source
from ingestion.providers.interface import MacroSource
from ingestion.records import RefreshSummary
from ingestion.retries import SCHEDULED, OutageWatch, patience
from ingestion.store import bronze
from ingestion.store.runs import Outcome, Run, recorded, refuse_an_outage, summarised

logger = logging.getLogger(__name__)
# Stop after this many series in a row without an answer; seconds for all of them.
FAILURES_IN_A_ROW = 3
LONGEST_REFRESH = 1800


def refresh_series(since: date | None = None, only: Sequence[str] = ()) -> RefreshSummary:
    """Bring every macro series of the source up to date; a failing series never stops the others.

    Args:
        since: Fetch vintages published since this day again, if the source has vintages.
        only: Just these series of the source; empty for all.

    Raises:
        UnknownSeriesError: The source has no series by this name. Nothing was fetched.
        ProviderUnavailableError: The provider failed for every series.

    """
    settings, run_id = IngestionSettings(), uuid4()
    source, watch = macro_source(settings), OutageWatch(FAILURES_IN_A_ROW, LONGEST_REFRESH)
    series_ids = _chosen(source, only)
    outcomes = []
    with bronze.connect(settings) as connection:
        for number, series_id in enumerate(series_ids, start=1):
            logger.info("Series %d of %d from %s: %s", number, len(series_ids), source.name, series_id)
            run = Run("macro", series_id, source.name, run_id)
            outcomes.append(_refresh_one(connection, source, run, watch, since))
    refuse_an_outage(outcomes)
    summary = summarised(outcomes)
    logger.info("Macro: %s", summary)
    return summary


def _chosen(source: MacroSource, only: Sequence[str]) -> Sequence[str]:
    every = source.series_ids()
    unknown = sorted(set(only) - set(every))
    if unknown:
        raise UnknownSeriesError(f"{source.name} has no series {', '.join(unknown)}. Choose from {', '.join(every)}.")
    return list(dict.fromkeys(only)) or every


def _refresh_one(
    connection: bronze.Connection, source: MacroSource, run: Run, watch: OutageWatch, since: date | None
) -> Outcome:
    error = None
    try:
        with patience(SCHEDULED), recorded(connection, run), bronze.sole_writer(connection, f"series {run.subject}"):
            watch.check()
            load_series(connection, source, run, since)
    except IngestionError as failure:
        error = failure
    watch.note(error)
    return Outcome(run, error)
