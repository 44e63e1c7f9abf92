"""Gunicorn's own answers, to requests that no application could be asked, in our error shape.

Its worker class asks here (worker.py). Nothing here may import the metrics: gunicorn's first process reads this before
it has said where they are counted.
"""

import socket
from http import HTTPStatus

import orjson
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]

ANSWERS = {
    HTTPStatus.BAD_REQUEST: (
        "bad_request",
        "The request's first line or headers are not valid HTTP/1.1, or contradict each other. Correct them.",
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: (
        "too_large",
        "The request's first line is too long. Shorten the path or the query.",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "too_large",
        "The request's headers are too many or too long. Remove those it does not need.",
    ),
    HTTPStatus.EXPECTATION_FAILED: (
        "bad_request",
        "Only Expect: 100-continue is supported. Remove the Expect header.",
    ),
    HTTPStatus.NOT_IMPLEMENTED: (
        "bad_request",
        "Only chunked transfer coding is supported. Send the whole body with a Content-Length.",
    ),
}
UNFORESEEN = ("internal", "Something went wrong on our side and was logged. Try again later.")


# Anything else is a bad request; the service's own mistakes, and unforeseen errors, are our fault.
STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)


def is_the_clients(failure: BaseException) -> bool:
    """Whether the unreadable part came from the client."""
    return isinstance(failure, errors.ParseException) and not isinstance(failure, OURS)


def answer(client: socket.socket, failure: BaseException) -> None:
    """Answer the client without repeating its request; the connection is closed afterwards.

    Raises:
        OSError: The client is gone.

    """
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if is_the_clients(failure):
        status = STATUSES.get(type(failure), HTTPStatus.BAD_REQUEST)
    code, sentence = ANSWERS.get(status, UNFORESEEN)
    body = orjson.dumps({"error": code, "message": sentence, "fields": {}})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode() + body)
