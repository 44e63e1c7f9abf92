"""A fetch that is killed while it stores leaves nothing: data and diary are written together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingestion.macro.macro_refresh import refresh_series
from ingestion.prices.price_refresh import backfill_missing_history, ensure_history
from tests.ingestion.conftest import Bronze, FilesFolder
from tests.support.platform import Platform, wait_until

WAITING = "select pid from pg_locks where not granted and relation = 'bronze.ingestion_runs'::regclass"
FETCHES = {
    "a first trade": lambda: ensure_history("^GSPC"),
    "prices": backfill_missing_history,
    "macro": refresh_series,
}


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_a_fetch_that_is_killed_before_it_is_written_down_has_stored_nothing(
    folder: FilesFolder, bronze: Bronze, platform: Platform, fetch: Callable[[], object]
) -> None:
    folder.asset("^GSPC")
    folder.closes("^GSPC", {"2024-01-02": 10})
    folder.series("UNRATE", "observation_date,value\n2024-01-01,3.7\n")
    with ThreadPoolExecutor(1) as threads, platform.connect("postgres") as reader:
        reader.execute("lock table bronze.ingestion_runs in share mode")  # lets everybody read, and nobody write
        killed = threads.submit(fetch)
        wait_until(lambda: bool(bronze.rows(WAITING)), "the fetch would write its diary", seconds=20)
        bronze.rows(f"select pg_terminate_backend(pid) from ({WAITING}) as waiting")
        with pytest.raises(psycopg.OperationalError):
            killed.result(timeout=20)

    assert bronze.is_empty()
    assert bronze.outcomes() == []
    fetch()
    assert not bronze.is_empty()
