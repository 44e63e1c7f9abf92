"""Clients that stall mid-request, and other clients meanwhile."""

import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx

HALVES = {
    "head": b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ",
    "body": b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na",
}
SECONDS = 12  # the service drops them after five, and answers each for two more


def longest_wait(url: str, half: str, number: int) -> float:
    """Seconds of the slowest answer at `url` while this many requests are half sent and then dropped."""
    slowest, address = 0.0, urlsplit(url)
    with ExitStack() as connections, httpx.Client(trust_env=False, timeout=60) as other:
        for _ in range(number):
            slow = connections.enter_context(socket.create_connection((address.hostname or "", address.port or 0)))
            slow.sendall(HALVES[half])
        end = time.monotonic() + SECONDS
        while (begun := time.monotonic()) < end:
            # A connection of its own: an open one would not have to be accepted.
            other.get(url, headers={"Connection": "close"}).raise_for_status()
            slowest = max(slowest, time.monotonic() - begun)
    return slowest
