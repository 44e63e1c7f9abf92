"""How the API is served: a few processes with threads, on the loopback by default."""

import socket
import struct
from uuid import uuid4

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from auth_service.config import settings_from_environment
from auth_service.http import metrics_listener, request_log

SILENCE = 5  # seconds, the longest between two packets of a request

_settings = settings_from_environment()
_metrics = (_settings.api_metrics_host, _settings.api_metrics_port) if _settings.api_metrics_port else None

bind = f"{_settings.api_host}:{_settings.api_port}"
workers = _settings.api_workers
raw_env = [f"API_STARTED={uuid4().hex}"]
worker_class = "auth_service.http.worker.PatientThreads"
threads = _settings.api_threads
timeout = 90  # a first purchase of a ticker waits for its provider
graceful_timeout = 15  # for requests in progress; whoever stops us must wait a little longer
keepalive = 5
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8190
forwarded_allow_ips = ""  # TRUSTED_PROXIES alone decides whom to trust
accesslog = None  # the application logs each request itself, without secrets
errorlog = "-"
control_socket_disable = True

if _metrics:
    metrics_listener.prepare()


class JsonLog(Logger):  # type: ignore[misc]
    """gunicorn's own log lines, in our format."""

    def setup(self, cfg: object) -> None:
        """Pass every record to the root logger, which writes JSON."""
        super().setup(cfg)
        request_log.configure()
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = JsonLog


def when_ready(server: Arbiter) -> None:
    """Set up the listening sockets, and serve the metrics if configured."""
    for listener in server.LISTENERS:
        _let_nobody_hold_a_thread(listener.sock)
    if _metrics:
        metrics_listener.listen(*_metrics)


def _let_nobody_hold_a_thread(listener: socket.socket) -> None:
    """Let the kernel drop clients that send nothing or half a request; accepted connections inherit this."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", SILENCE, 0))
    if hasattr(socket, "TCP_DEFER_ACCEPT"):  # Linux: a connection is accepted with its first bytes
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENCE)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Leave the metrics port to the first process."""
    if _metrics:
        metrics_listener.listen(
            *_metrics
        ).socket.close()  # only the first process keeps it: its successor needs the port


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """Close the worker's connections to PostgreSQL, if it has an application."""
    if hasattr(worker, "wsgi"):
        from auth_service.http import databases  # it counts, so only once it is known where

        databases.close(worker.wsgi)


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Remove a dead worker's current activity from the metrics."""
    if _metrics:
        metrics_listener.forget_worker(worker.pid)


def on_exit(server: Arbiter) -> None:
    """Remove the files with the metrics' counts."""
    if _metrics:
        metrics_listener.clear()
