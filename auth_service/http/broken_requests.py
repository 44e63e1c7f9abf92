"""What gunicorn answers by itself, to what no application could be asked, in the one shape of errors.

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
        "The request's first line or headers are not HTTP/1.1, or contradict each other. Send them as HTTP has them.",
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: (
        "too_large",
        "The request's first line is longer than this service takes. Shorten the path or the query.",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "too_large",
        "The request has more headers, or longer ones, than this service takes. Leave out what it does not need.",
    ),
    HTTPStatus.EXPECTATION_FAILED: (
        "bad_request",
        "This service knows no expectation but 100-continue. Leave the header Expect out.",
    ),
    HTTPStatus.NOT_IMPLEMENTED: (
        "bad_request",
        "This service knows no transfer coding but chunked. Send the body whole, with a Content-Length.",
    ),
}
UNFORESEEN = ("internal", "Something went wrong on our side; it is in the service's log. Try again later.")


# What is none of these is a bad request; what the service itself said wrong, or nobody foresaw, is our fault.
STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)


def is_the_clients(failure: BaseException) -> bool:
    """Whether what could not be read is what the client sent."""
    return isinstance(failure, errors.ParseException) and not isinstance(failure, OURS)


def answer(client: socket.socket, failure: BaseException) -> None:
    """Tell the client, without repeating what was sent; the connection is closed afterwards.

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
