"""The address that Prometheus reads: a thread of gunicorn's first process, which adds up what all workers counted.

`prepare` has to come before anything imports `prometheus_client`, which decides at its import where it counts.
"""

import os
import shutil
import sys
import tempfile
from functools import cache
from wsgiref.simple_server import WSGIServer


@cache
def prepare() -> str:
    """Have the workers count in files of a fresh folder, once a process; what an earlier start counted is gone."""
    folder = tempfile.mkdtemp(prefix="macrofolio-api-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    return folder


@cache
def listen(host: str, port: int) -> WSGIServer:
    """The listener on an internal address; ends the process with a sentence when the port is taken."""
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
    """A worker has ended: what it was doing counts no more, what it has done does."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, prepare())  # type: ignore[no-untyped-call]


def clear() -> None:
    """Remove what was counted."""
    shutil.rmtree(prepare(), ignore_errors=True)
