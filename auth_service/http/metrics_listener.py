"""The address for Prometheus: a thread in gunicorn's first process that adds up all workers' counts.

Call `prepare` before anything imports `prometheus_client`, which chooses at import where to count.
"""

import os
import shutil
import sys
import tempfile
from functools import cache
from wsgiref.simple_server import WSGIServer


@cache
def prepare() -> str:
    """Make the workers count in files in a fresh folder, once per process; an earlier start's counts are gone."""
    folder = tempfile.mkdtemp(prefix="macrofolio-api-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    return folder


@cache
def listen(host: str, port: int) -> WSGIServer:
    """The listener on an internal address; exits with a sentence if the port is taken."""
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, prepare())  # type: ignore[no-untyped-call]
    try:
        server, _ = start_http_server(port, host, registry=registry)
    except OSError as error:
        clear()
        sys.exit(
            f"The API does not start: its metrics cannot be served on {host}:{port} ({error.strerror}). "
            "Set API_METRICS_PORT to a free port, or to nothing."
        )
    return server


def forget_worker(pid: int) -> None:
    """Drop an ended worker's current activity, and keep its totals."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, prepare())  # type: ignore[no-untyped-call]


def clear() -> None:
    """Remove all counts."""
    shutil.rmtree(prepare(), ignore_errors=True)
