"""A proxy on 127.0.0.1 that ends TLS itself and answers for the hosts of the providers, with every fault on demand."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What somebody asked for."""

    host: str
    path: str
    query: dict[str, str]
    cookies: str


@dataclass(frozen=True)
class Answer:
    """What is sent back.

    Args:
        broken_off_after: Bytes after which the connection is closed, though more were announced.
        never: Nothing is sent until the client or the test gives up.
        drips: The body comes byte by byte, so that every single wait is short.

    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    broken_off_after: int | None = None
    never: bool = False
    drips: bool = False


Site = Callable[[Request], Answer]


@dataclass
class Fault:
    """Takes the place of the true answer to requests whose path holds `part`, `times` times."""

    part: str
    answer: Answer
    times: float = float("inf")


class Replay:
    """The proxy; `sites` answer by host, `faults` go first, `requests` remembers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.sites: dict[str, Site] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.at_once = 0
        self.most_at_once = 0
        self.over = threading.Event()
        self._lock = threading.Lock()
        self.server = _Server(self, context)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def asked(self, part: str) -> list[Request]:
        """Requests whose path holds `part`."""
        return [request for request in self.requests if part in request.path]

    def answer(self, request: Request) -> Answer:
        """The next fault that fits, or the site's answer."""
        with self._lock:
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            fault = next((fault for fault in self.faults if fault.times > 0 and fault.part in request.path), None)
            if fault is not None:
                fault.times -= 1
        site = self.sites.get(request.host)
        return fault.answer if fault else site(request) if site else Answer(status=404)

    def answered(self) -> None:
        """One request less under way."""
        with self._lock:
            self.at_once -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, replay: Replay, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replay, self.context = replay, context


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        """From here on the client believes to speak with the host."""
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.close_connection = False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        request = Request(self.host, unquote(parts.path), query, self.headers.get("Cookie", ""))
        try:
            self._send(self.server.replay.answer(request))
        except OSError:
            self.close_connection = True  # the client gave up
        finally:
            self.server.replay.answered()

    do_POST = do_GET  # noqa: N815 - the name that the server asks for

    def _send(self, answer: Answer) -> None:
        if answer.never:
            self.server.replay.over.wait(30)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        pieces = [answer.body[: answer.broken_off_after]]
        if answer.drips:
            pieces = [answer.body[place : place + 1] for place in range(len(answer.body))]
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            if answer.drips and self.server.replay.over.wait(0.1):
                break
        self.close_connection = answer.broken_off_after is not None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the test's output quiet."""
