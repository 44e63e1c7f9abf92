"""Requests that mean one thing to one reader and another to the next: refused, or read in one way only."""

import json
import socket

import pytest

from tests.security.conftest import Person
from tests.support.running_api import RunningApi
from tests.support.slow_clients import HALVES, longest_wait

HOST = "Host: localhost\r\n"
TRADE = '{"ticker":"VTI","side":"BUY","quantity":"1","price":"100","trade_date":"2024-01-02"}'
FILE = "ticker,side,quantity,price,trade_date\nVTI,BUY,1,100,2024-01-02\n"
UPLOADS = [("", "application/json", TRADE), ("/import", "text/csv", FILE)]
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST_JSON = f"POST /api/v1/auth/login HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"


def raw_answer(service: RunningApi, sent: str) -> str:
    """All that comes back for these characters until the service closes the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(sent.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            received += part
    return received.decode("latin-1")


@pytest.mark.threat(54)
@pytest.mark.parametrize("half", HALVES)
def test_clients_that_stop_half_way_keep_nobody_waiting(service: RunningApi, half: str) -> None:
    assert longest_wait(f"{service.url}/health/live", half, number=20) < 5


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5, 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\n X: y\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_a_request_of_two_lengths_hides_no_other_request(service: RunningApi, lengths: str) -> None:
    answers = raw_answer(service, f"{POST_JSON}{lengths}\r\n0\r\n\r\n{SMUGGLED}")

    assert answers.startswith(("HTTP/1.1 400 ", "HTTP/1.1 501 "))
    assert answers.count("HTTP/1.1 ") == 1


BROKEN_CHUNKS = [
    "zz\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}X0\r\n\r\n",
    "2\n{}\n0\n\n",
    "2_0\r\n{}\r\n0\r\n",
]


@pytest.mark.threat(17)
@pytest.mark.parametrize(
    "head", [POST_JSON, f"GET /health/live HTTP/1.1\r\n{HOST}", f"POST /nowhere HTTP/1.1\r\n{HOST}"]
)
@pytest.mark.parametrize("chunks", BROKEN_CHUNKS)
def test_a_body_in_broken_chunks_is_refused_and_nothing_after_it_is_read(
    service: RunningApi, head: str, chunks: str
) -> None:
    answers = raw_answer(service, f"{head}Transfer-Encoding: chunked\r\n\r\n{chunks}{SMUGGLED}")

    assert answers.startswith("HTTP/1.1 400 ")
    assert answers.count("HTTP/1.1 ") == 1
    assert set(json.loads(answers.partition("\r\n\r\n")[2])) == {"error", "message", "fields"}


@pytest.mark.threat(27)
@pytest.mark.parametrize("upload", UPLOADS, ids=["json", "csv"])
@pytest.mark.parametrize(
    "broken_off",
    ["Content-Length: 200\r\n\r\n{body}", "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n"],
    ids=["length", "chunks"],
)
def test_a_body_that_breaks_off_writes_nothing(
    service: RunningApi, alice: Person, upload: tuple[str, str, str], broken_off: str
) -> None:
    path, kind, body = upload
    head = f"POST /api/v1/transactions{path} HTTP/1.1\r\n{HOST}Content-Type: {kind}\r\n"
    bearer = f"Authorization: Bearer {alice.tokens['access_token']}\r\n"

    answers = raw_answer(service, head + bearer + broken_off.format(length=len(body), body=body))

    assert not answers or answers.startswith("HTTP/1.1 400 ")
    assert alice.ledger() == []


@pytest.mark.threat(14)
@pytest.mark.parametrize(
    "header",
    [
        *("SCRIPT_NAME: /health", "PATH_INFO: /nowhere", "REMOTE_ADDR: 192.0.2.1", "REMOTE_USER: root"),
        *("X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off", "X-Forwarded-Prefix: /health", "X-Forwarded-Host: y"),
    ],
)
def test_no_header_tells_the_service_where_it_is_or_who_asks(service: RunningApi, header: str) -> None:
    answers = raw_answer(service, f"GET /health/live HTTP/1.1\r\n{HOST}Connection: close\r\n{header}\r\n\r\n")

    assert answers.startswith("HTTP/1.1 200 ")
    assert answers.endswith('{"status":"alive"}')


@pytest.mark.parametrize(
    "request_",
    [
        "GET /health/live\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "get /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /health/live HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nA: b\x00c\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n",
        f"GET /{'a' * 9000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET /health/live HTTP/1.1\r\nHost: localhost\r\nA: {'b' * 20_000}\r\n\r\n",
        f"GET /health/live HTTP/1.1\r\n{HOST}{''.join(f'A{n}: b{chr(13)}{chr(10)}' for n in range(200))}\r\n",
        "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_request_is_refused_without_a_word_of_what_is_inside(service: RunningApi, request_: str) -> None:
    answers = raw_answer(service, request_)

    assert answers.startswith("HTTP/1.1 4")
    assert "Traceback" not in answers
    assert "gunicorn/" not in answers
