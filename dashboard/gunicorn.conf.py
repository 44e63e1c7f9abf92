"""One process, so that all requests share its in-memory sessions; threads, because it mostly waits for the API."""

import os
import socket
import struct

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]

SILENCE = 5  # seconds, the longest between two packets of a request

bind = f"{os.environ.get('DASHBOARD_HOST', '127.0.0.1')}:{os.environ.get('DASHBOARD_PORT', '8050')}"
workers = 1
worker_class = "dashboard.worker.PatientThreads"
threads = 32  # cheap while they wait, for the API or for a slow client
timeout = 60
graceful_timeout = 10
forwarded_allow_ips = ""  # DASHBOARD_TRUSTED_PROXIES alone decides whom to trust
control_socket_disable = True


def when_ready(server: Arbiter) -> None:
    """Let the kernel drop clients that send nothing or half a request; accepted connections inherit this."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", SILENCE, 0))
        if hasattr(socket, "TCP_DEFER_ACCEPT"):  # Linux: a connection is accepted with its first bytes
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENCE)
