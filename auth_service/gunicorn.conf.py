"""How the API is served: a few processes with threads, on the loopback unless told otherwise."""

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
graceful_timeout = 15  # for what is under way at the end; whoever stops us has to wait a little longer
keepalive = 5
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8190
forwarded_allow_ips = ""  # whom to believe is TRUSTED_PROXIES' business alone
accesslog = None  # the application logs each request itself, without secrets
errorlog = "-"
control_socket_disable = True

if _metrics:
    metrics_listener.prepare()


class JsonLog(Logger):  # type: ignore[misc]
    """gunicorn's own lines, in the form of all others."""

    def setup(self, cfg: object) -> None:
        """Hand every record to the root logger, which writes JSON."""
        super().setup(cfg)
        request_log.configure()
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = JsonLog


def when_ready(server: Arbiter) -> None:
    """Set up the listening sockets, and serve the metrics where they are asked for."""
    for listener in server.LISTENERS:
        _let_nobody_hold_a_thread(listener.sock)
    if _metrics:
        metrics_listener.listen(*_metrics)


def _let_nobody_hold_a_thread(listener: socket.socket) -> None:
    """Have the kernel give up on clients that send nothing, or half a request; what it accepts inherits this."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", SILENCE, 0))
    if hasattr(socket, "TCP_DEFER_ACCEPT"):  # Linux: a connection is handed over with its first bytes
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENCE)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Leave the metrics' port to the first process."""
    if _metrics:
        metrics_listener.listen(*_metrics).socket.close()  # the first process's alone: its successor needs the port


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """Close the worker's connections to PostgreSQL, if it got as far as having an application."""
    if hasattr(worker, "wsgi"):
        from auth_service.http import databases  # counts: only once it is known where

        databases.close(worker.wsgi)


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Take what a dead worker was doing out of the metrics."""
    if _metrics:
        metrics_listener.forget_worker(worker.pid)


def on_exit(server: Arbiter) -> None:
    """Remove the files that the metrics were counted in."""
    if _metrics:
        metrics_listener.clear()
