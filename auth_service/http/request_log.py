"""The log: one JSON line per record, without secrets.

Query strings, bodies and headers are never logged. Other libraries' records pass a filter for tokens and passwords. A
line logged during a request carries the request's id, and the user's once the token has been verified.
"""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
from flask import Response, g, has_request_context, request
from structlog import contextvars, processors
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict

log = logging.getLogger("auth_service.requests")

SLOW = 2  # seconds
# Allowed request ids: nothing that could carry a line break, a sentence or a JWT.
GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SECRETS = re.compile(
    r"(?i)(bearer\s+)\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+|mfpat_\w+"
    r"|((?:password|secret|api_key|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',}&]+"
)


OUTCOME = ("method", "path", "status", "milliseconds", "database_milliseconds", "address")


def json_lines() -> ProcessorFormatter:
    """Writes a record as one line of JSON; a line break stays inside the JSON string."""
    return ProcessorFormatter(
        processors=[
            processors.TimeStamper("iso", utc=True, key="time"),
            add_log_level,
            add_logger_name,
            processors.CallsiteParameterAdder({processors.CallsiteParameter.PROCESS}),
            processors.EventRenamer("message"),
            contextvars.merge_contextvars,
            ExtraAdder(allow=OUTCOME),
            processors.format_exc_info,
            _without_secrets,
            ProcessorFormatter.remove_processors_meta,
            processors.JSONRenderer(_json),
        ]
    )


def _without_secrets(_: object, __: str, line: EventDict) -> EventDict:
    line.update({name: redacted(line[name]) for name in ("message", "path", "exception") if name in line})
    return line


def _json(line: EventDict, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()


def redacted(text: str) -> str:
    """The text without tokens and passwords."""
    return SECRETS.sub(lambda found: f"{found[1] or found[2] or ''}[redacted]", text)


def configure() -> None:
    """Log every record, warnings included, to standard error as a JSON line."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, ProcessorFormatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(json_lines())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def begin() -> None:
    """Note when the request came, and give it an id shared by its log lines and its answer."""
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if GIVEN_ID.fullmatch(given) else str(uuid4())
    contextvars.clear_contextvars()
    contextvars.bind_contextvars(request_id=g.request_id)


def name_user(user_id: UUID) -> None:
    """Add the user to all further log lines of the request."""
    contextvars.bind_contextvars(user_id=user_id)


def end(_: BaseException | None) -> None:
    """Detach this thread's further log lines from any request."""
    contextvars.clear_contextvars()


def finish(response: Response) -> Response:
    """Log the request's outcome, as a warning if it was slow."""
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    details = {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 1),
        "database_milliseconds": round(g.get("database_seconds", 0) * 1000, 1),
        "address": request.remote_addr,
    }
    is_slow = seconds > SLOW
    log.log(
        logging.WARNING if is_slow else logging.INFO,
        "slow request" if is_slow else "request",
        extra=details,
    )
    response.headers["X-Request-Id"] = str(g.get("request_id"))
    return response


@contextmanager
def time_of_the_database() -> Iterator[None]:
    """Add the block's time, including the wait for a connection, to the request's database time."""
    started = time.perf_counter()
    try:
        yield
    finally:
        if has_request_context():
            g.database_seconds = g.get("database_seconds", 0) + time.perf_counter() - started
