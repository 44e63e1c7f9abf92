"""What holds for every route: the shape of errors, the headers, the limits, the description."""

import logging
from typing import Any

import orjson
import pytest
from apiflask import APIFlask
from openapi_spec_validator import validate

from auth_service.request_log import JsonLines
from tests.auth_service.conftest import Person, answer, refusal

OPEN_ROUTES = {"/health/live", "/health/ready", "/api/v1/auth/register", "/api/v1/auth/login"}


def operations(app: APIFlask) -> list[tuple[str, str]]:
    described: dict[str, Any] = answer(app.test_client().get("/openapi.json"))
    return [(method.upper(), path) for path, methods in described["paths"].items() for method in methods]


def test_the_description_is_valid_and_holds_every_route(app: APIFlask) -> None:
    validate(answer(app.test_client().get("/openapi.json")))
    routed = {
        (method, rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api", "/health"))
    }

    assert set(operations(app)) == routed


def test_every_route_but_the_open_ones_asks_for_a_token(app: APIFlask) -> None:
    for method, path in operations(app):
        if path not in OPEN_ROUTES:
            place = path.replace("{transaction_id}", "6a0f6bd6-0000-4000-8000-000000000000").replace("{ticker}", "VTI")
            refusal(app.test_client().open(place, method=method), 401)


def test_every_answer_carries_the_protective_headers(app: APIFlask) -> None:
    for path in ("/health/live", "/api/v1/auth/me", "/nowhere", "/openapi.json", "/docs", "/docs/swagger-ui.css"):
        headers = app.test_client().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline' 'self'" not in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers


def test_the_page_of_the_description_needs_nothing_from_elsewhere(app: APIFlask) -> None:
    page = app.test_client().get("/docs").get_data(as_text=True)

    assert "http" not in page
    assert "<script>" not in page
    for asset in ("/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/favicon-32x32.png", "/static/docs.js"):
        assert asset in page
        assert app.test_client().get(asset).status_code == 200
    assert app.test_client().get("/docs/index.html").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nowhere", 404), ("PUT", "/health/live", 405), ("GET", "/api/v1/transactions/1", 404)],
)
def test_what_is_not_there_is_told_in_the_one_shape(app: APIFlask, method: str, path: str, status: int) -> None:
    refusal(app.test_client().open(path, method=method), status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"quantity": NaN}', 400),
        (b"[" * 30_000, 400),
        (b'{"a":' * 30_000, 400),
        (b'{"\\ud800": 1}', 400),
        (b"\xff", 400),
        (b'\xef\xbb\xbf{"limit": 1}', 400),
        ('{"limit": 1}'.encode("utf-16"), 400),
        (b'{"limit": 1, "limit": 2}', 400),
        (b"null", 400),
        (b"{" + b"".join(b'"%d": 1,' % number for number in range(20_000)) + b'"last": 1}', 422),
        (b"[" + b"1," * 150_000 + b"1]", 413),
        (b"[]", 422),
        (b"7", 422),
        (b" " * (2 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_cannot_be_read_is_told_in_the_one_shape(onlooker: Person, body: bytes, status: int) -> None:
    for method, path in (("POST", "/transactions"), ("POST", "/auth/login"), ("PATCH", "/auth/me")):
        message = refusal(onlooker.call(method, path, data=body, content_type="application/json"), status)
        assert len(message) < 1000


def test_a_log_line_is_one_line_without_secrets() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "first\nsecond %s password=hunter2", ("Bearer abc.d",), None)

    line = JsonLines().format(record)

    assert "\n" not in line
    assert orjson.loads(line)["message"] == "first\nsecond Bearer [redacted] password=[redacted]"
