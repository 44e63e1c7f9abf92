"""What holds for every route: the shape of errors, the headers, the limits, the description."""

import logging
from typing import Any

import orjson
from apiflask import APIFlask
from openapi_spec_validator import validate

from auth_service.request_log import JsonLines
from tests.auth_service.conftest import answer

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


def test_the_page_of_the_description_needs_nothing_from_elsewhere(app: APIFlask) -> None:
    page = app.test_client().get("/docs").get_data(as_text=True)

    assert "http" not in page
    assert "<script>" not in page
    for asset in ("/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/favicon-32x32.png", "/static/docs.js"):
        assert asset in page
        assert app.test_client().get(asset).status_code == 200
    assert app.test_client().get("/docs/index.html").status_code == 404


def test_a_log_line_is_one_line_without_secrets() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "first\nsecond %s password=hunter2", ("Bearer abc.d",), None)

    line = JsonLines().format(record)

    assert "\n" not in line
    assert orjson.loads(line)["message"] == "first\nsecond Bearer [redacted] password=[redacted]"
