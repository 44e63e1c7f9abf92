"""Macro series: what the monthly schedule refreshes."""

import logging
from uuid import uuid4

from ingestion import bronze
from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError
from ingestion.observations import load_series
from ingestion.records import RefreshSummary
from ingestion.runs import Outcome, Run, recorded, refuse_an_outage, summarised
from ingestion.sources import macro_source
from ingestion.sources.interface import MacroSource

logger = logging.getLogger(__name__)


def refresh_series() -> RefreshSummary:
    """Bring every macro series of the source up to date; one's trouble never stops the others.

    Raises:
        ProviderUnavailableError: The provider gave nothing for any series.

    """
    settings, run_id = IngestionSettings(), uuid4()
    source = macro_source(settings)
    logger.info("Fetching %d series from %s", len(source.series_ids()), source.name)
    with bronze.connect(settings) as connection:
        outcomes = [
            _refresh_one(connection, source, Run("macro", series_id, source.name, run_id))
            for series_id in source.series_ids()
        ]
    refuse_an_outage(outcomes)
    summary = summarised(outcomes)
    logger.info("Macro: %s", summary)
    return summary


def _refresh_one(connection: bronze.Connection, source: MacroSource, run: Run) -> Outcome:
    try:
        with bronze.sole_writer(connection, f"series {run.subject}"), recorded(connection, run):
            load_series(connection, source, run)
    except IngestionError as error:
        return Outcome(run, error)
    return Outcome(run, None)
