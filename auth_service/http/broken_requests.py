"""What gunicorn answers by itself, to what no application could be asked, in the one shape of errors.

Nothing here may import the metrics: gunicorn's first process reads this before it has said where they are counted.
"""

import socket
from http import HTTPStatus

import orjson
from gunicorn import util  # type: ignore[import-untyped]

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


def write_error(client: socket.socket, status: int, reason: str, _: str) -> None:
    """In place of `gunicorn.util.write_error`, which answers in HTML and repeats what was sent."""
    code, sentence = ANSWERS.get(HTTPStatus(status), UNFORESEEN)
    body = orjson.dumps({"error": code, "message": sentence, "fields": {}})
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode() + body)
