"""Measures what we promise: `make bench`, on its own demo stack, which it starts and stops."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from scripts.bench import api, dashboard, imports, ingestion, models, refresh
from scripts.bench.promises import Promise
from scripts.launcher.home import PORTS, ROOT, Home, free_port
from scripts.launcher.supervision import marked_processes

IDLE_SECONDS = 60


def main() -> None:
    measured = (ingestion, imports, api, models, dashboard)
    rows = [row for benchmark in measured for row in benchmark.rows()]
    with demo_stack() as (home, seconds):
        print(f"Demo, from a stopped stack without data to filled marts: {seconds:.1f} s")
        rows += [*refresh.rows(home), *_idle_cost(home)]
    for row in rows:
        print(row)
    sys.exit(not all(row.is_met for row in rows))


def _idle_cost(home: Home) -> list[Promise]:
    """What the whole stack uses while idle."""
    before, started = _processor_seconds(home), time.monotonic()
    time.sleep(IDLE_SECONDS)  # nothing to wait for: we measure a span of time
    used = _processor_seconds(home) - before
    return [
        Promise("Idle stack: processor time, in cores", used / (time.monotonic() - started), 1, 0.25, unit=""),
        Promise("Idle stack: memory (proportional set size)", _memory_megabytes(home), 1, 2500, unit="MB"),
    ]


def _processes(home: Home) -> set[psutil.Process]:
    postmaster = psutil.Process(int((home.postgres.data / "postmaster.pid").read_text().splitlines()[0]))
    return {*marked_processes(home), postmaster, *postmaster.children(recursive=True)}


def _memory_megabytes(home: Home) -> float:
    held = 0
    for process in _processes(home):
        with suppress(psutil.NoSuchProcess):
            held += process.memory_full_info().pss
    return held / 1e6


def _processor_seconds(home: Home) -> float:
    """Of all running processes and their finished children."""
    seconds = 0.0
    for process in _processes(home):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


@contextmanager
def demo_stack() -> Iterator[tuple[Home, float]]:
    """A demo in a temporary home on free ports, and how many seconds its start took."""
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-bench-"))
    folder.chmod(0o755)  # PostgreSQL started by root runs as an unprivileged account
    home = Home(folder, {name: free_port() for name in PORTS})
    ports = {name: str(port) for name, port in home.ports.items()}
    environment = os.environ | ports | {"MACROFOLIO_HOME": str(folder)}
    launcher = [sys.executable, "-m", "scripts.launcher.stack"]
    started = time.monotonic()
    try:
        subprocess.run([*launcher, "demo"], env=environment, cwd=ROOT, check=True)
        yield home, time.monotonic() - started
    finally:
        subprocess.run([*launcher, "down"], env=environment, cwd=ROOT, check=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
