"""Measures what is promised: `make bench`, on a demo stack of its own that it starts and stops."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from scripts import bench_ingestion, bench_models
from scripts.demo import api_client, wait_until_up_to_date
from scripts.home import PORTS, ROOT, Home, free_port
from scripts.promises import Promise
from scripts.services import BIN, BUILD_MODELS
from scripts.supervision import marked_processes

REPETITIONS = 5


def main() -> None:
    rows = [*bench_ingestion.rows(), *bench_models.rows()]
    with _demo_stack() as (home, seconds):
        print(f"Demo from a stopped stack without data to filled marts: {seconds:.1f} s")
        print(f"Memory of the running stack: {_memory_megabytes(home):.0f} MB (proportional set size)")
        rows.append(_trade_to_marts(home))
    for row in rows:
        print(row)
    sys.exit(not all(row.is_met for row in rows))


def _trade_to_marts(home: Home) -> Promise:
    """Seconds from POST /transactions until every mart contains the trade, against one plain dbt command."""
    with api_client(home) as api:
        seconds = [_post_and_wait(api, number) for number in range(REPETITIONS)]
    return Promise(
        "A posted trade is in every mart, against one dbt command for the same models",
        statistics.median(seconds),
        statistics.median(_dbt_run(home) for _ in range(REPETITIONS)),
        limit=4,
    )


def _post_and_wait(api: httpx.Client, number: int) -> float:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "202.91", "trade_date": "2013-03-01"}
    started = time.monotonic()
    api.post("/transactions", json=trade, headers={"Idempotency-Key": f"bench-{number}"}).raise_for_status()
    wait_until_up_to_date(api)
    return time.monotonic() - started


def _dbt_run(home: Home) -> float:
    command = [str(BIN / "dbt"), "run", "--quiet", "--select", "source:bronze.transactions+"]
    started = time.monotonic()
    subprocess.run(command, env=BUILD_MODELS.environment(home, {}), cwd=ROOT, check=True)
    return time.monotonic() - started


def _memory_megabytes(home: Home) -> float:
    postmaster = psutil.Process(int((home.postgres.data / "postmaster.pid").read_text().splitlines()[0]))
    processes = {*marked_processes(home), postmaster, *postmaster.children(recursive=True)}
    return sum(process.memory_full_info().pss for process in processes) / 1e6


@contextmanager
def _demo_stack() -> Iterator[tuple[Home, float]]:
    """A demo in a temporary home on free ports, and the seconds that its start took."""
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-bench-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as an unprivileged account
    home = Home(folder, {name: free_port() for name in PORTS})
    ports = {name: str(port) for name, port in home.ports.items()}
    environment = os.environ | ports | {"MACROFOLIO_HOME": str(folder)}
    launcher = [sys.executable, "-m", "scripts.stack"]
    started = time.monotonic()
    try:
        subprocess.run([*launcher, "demo"], env=environment, cwd=ROOT, check=True)
        yield home, time.monotonic() - started
    finally:
        subprocess.run([*launcher, "down"], env=environment, cwd=ROOT, check=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
