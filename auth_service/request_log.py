"""The log: one JSON line for each record, and nothing secret in any of them.

Query strings, bodies and headers are never logged. What other libraries log passes a filter for tokens and passwords.
"""

import logging
import re
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from flask import Response, g, request

log = logging.getLogger("auth_service.requests")

SECRETS = re.compile(
    r"(?i)(bearer\s+)\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+|mfpat_\w+"
    r"|((?:password|secret|api_key|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',}&]+"
)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a line break inside it stays inside the JSON string."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        line |= getattr(record, "details", {})
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


def redacted(text: str) -> str:
    """The text without tokens and passwords."""
    return SECRETS.sub(lambda found: f"{found[1] or found[2] or ''}[redacted]", text)


def configure() -> None:
    """Send every record to standard error as a JSON line."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, JsonLines) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def begin() -> None:
    """Note when the request came, and give it a name that its log lines and its answer share."""
    g.started = time.perf_counter()
    g.request_id = str(uuid4())


def finish(response: Response) -> Response:
    """Log the request's outcome."""
    details = {
        "request_id": g.get("request_id"),
        "method": request.method,
        "path": redacted(request.path),
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        "address": request.remote_addr,
    }
    log.info("request", extra={"details": details})
    response.headers["X-Request-Id"] = str(g.get("request_id"))
    return response
