"""Answers every failure in one shape: refusals, broken requests, database failures, and bugs."""

import logging
from http import HTTPStatus
from itertools import chain, islice
from typing import Any

import psycopg
from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from werkzeug.exceptions import HTTPException

from auth_service.errors import ApiError, UnavailableError
from auth_service.http import metrics
from auth_service.quoting import shortened

log = logging.getLogger(__name__)

# Characters in an answer: quotes in it come from the caller, and may be anything.
LONGEST_MESSAGE, LONGEST_REASON, LONGEST_NAME = 2000, 400, 100
MOST_FIELDS = 20  # in one answer: a body may hold a hundred thousand wrong fields

CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
}

SENTENCES = {
    HTTPStatus.BAD_REQUEST: "The request is incomplete, or does not match its headers. Send it again.",
    HTTPStatus.NOT_FOUND: "{request.path} does not exist. See /docs for every path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "{request.path} does not support {request.method}. See the Allow header.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large. Send less at a time.",
}

# Why the database failed: a word for the metrics, and a sentence.
UNREACHABLE = ("unreachable", "The database is unreachable. Nothing was saved; try again shortly.")
DATABASE_FAILURES: dict[type[Exception], tuple[str, str]] = {
    psycopg.errors.QueryCanceled: (
        "too_slow",
        "This took too long and was stopped. Nothing was saved; ask for less, or try again later.",
    ),
    psycopg.errors.LockNotAvailable: (
        "locked",
        "Another operation locked this data. Nothing was saved; try again shortly.",
    ),
    psycopg.errors.DiskFull: (
        "disk_full",
        "The database is full. Nothing was saved; once there is room, try again with the same Idempotency-Key.",
    ),
    PoolTimeout: UNREACHABLE,
    PoolClosed: UNREACHABLE,
    TooManyRequests: UNREACHABLE,
}
# Between a commit and its confirmation only the database knows what happened.
CONNECTION_LOST = (
    "connection_lost",
    (
        "Database connection lost. Your change may have been saved: check before you send it again, or send it with "
        "the same Idempotency-Key."
    ),
)


def error_response(
    status: int,
    code: str,
    message: str,
    fields: dict[str, Any] | None = None,
    retry_after: float | None = None,
    **further: Any,
) -> Response:
    """The one shape of an error; sentences are cut to a length people read."""
    reasons = (fields or {}).items()
    told = {shortened(name, LONGEST_NAME): shortened(str(reason), LONGEST_REASON) for name, reason in reasons}
    response = jsonify({"error": code, "message": shortened(message, LONGEST_MESSAGE), "fields": told} | further)
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register_error_handlers(app: APIFlask) -> None:
    """Answer every failure in the one shape; unexpected ones are logged and reported without details."""
    app.register_error_handler(ApiError, _answer_refusal)
    app.register_error_handler(HTTPError, _answer_invalid_input)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(ParseException, lambda _: broken_body())
    for failure in (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
        app.register_error_handler(failure, _answer_database_failure)
    # PostgreSQL's error when it ends an idle transaction is no OperationalError.
    app.register_error_handler(psycopg.errors.IdleInTransactionSessionTimeout, _answer_database_failure)
    app.register_error_handler(Exception, _answer_unforeseen)


def _answer_refusal(error: ApiError) -> Response:
    return error_response(error.status, error.code, error.message, error.fields, error.retry_after, **error.further)


def _answer_invalid_input(error: HTTPError) -> Response:
    located: dict[str, dict[str, list[str]]] = error.detail if isinstance(error.detail, dict) else {}
    every = chain.from_iterable(found.items() for found in located.values())
    fields = {"body" if name == "_schema" else name: reasons[0] for name, reasons in islice(every, MOST_FIELDS)}
    told = "; ".join(f"{name}: {reason.removesuffix('.')}" for name, reason in fields.items())
    code = CODES.get(HTTPStatus(error.status_code), "bad_request")
    return error_response(error.status_code, code, f"The request is not valid. {told}.", fields)


def _answer_http_exception(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    sentence = SENTENCES.get(status)
    message = sentence.format(request=request) if sentence else error.description or status.description
    response = error_response(status, CODES.get(status, "error"), message)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "Location"}:
            response.headers[name] = value
    if isinstance(error.response, Response):
        response.headers.extend(error.response.headers)
    return response


def _answer_database_failure(error: Exception) -> Response:
    reason, sentence = next(
        (told for failure, told in DATABASE_FAILURES.items() if isinstance(error, failure)), CONNECTION_LOST
    )
    metrics.count_database_failure(reason)
    # Without the error's text, which may quote rows.
    log.warning("The database failed a request: %s (%s, %s)", reason, type(error).__name__, _state(error))
    return error_response(HTTPStatus.SERVICE_UNAVAILABLE, UnavailableError.code, sentence, retry_after=2)


def _state(error: Exception) -> str:
    return (isinstance(error, psycopg.Error) and error.sqlstate) or "no SQLSTATE"


def broken_body() -> Response:
    """The answer to a body that doesn't match its transfer coding."""
    message = "The body does not match its Transfer-Encoding. Send the whole body with a Content-Length."
    return error_response(HTTPStatus.BAD_REQUEST, CODES[HTTPStatus.BAD_REQUEST], message)


def _answer_unforeseen(error: Exception) -> Response:
    log.error("Unforeseen failure", exc_info=error)
    message = "Something went wrong on our side and was logged. Try again later."
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
