"""What holds for every route: the shape of errors, the headers, the limits, the description."""

import logging
from typing import Any

import orjson
from apiflask import APIFlask
from openapi_spec_validator import validate

from auth_service.http.request_log import json_lines
from tests.auth_service.conftest import Person, answer, personal_token

OPEN_ROUTES = {
    "/health/live",
    "/health/ready",
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/oidc",
    "/api/v1/auth/oidc/start",
    "/api/v1/auth/oidc/finish",
}
# What a personal access token never reaches, whatever its scope: all under /auth but reading the profile.
OF_A_SESSION = ("/api/v1/auth/", {("GET", "/api/v1/auth/me")})
PLACES = {"{transaction_id}": "6a0f6bd6-0000-4000-8000-000000000000", "{ticker}": "VTI"}
PLACES["{token_id}"] = PLACES["{session_id}"] = PLACES["{account_id}"] = PLACES["{transaction_id}"]


def operations(app: APIFlask) -> list[tuple[str, str]]:
    described: dict[str, Any] = answer(app.test_client().get("/openapi.json"))
    return [(method.upper(), path) for path, methods in described["paths"].items() for method in methods]


def place(path: str) -> str:
    """A described path with something in the place of each parameter."""
    for name, value in PLACES.items():
        path = path.replace(name, value)
    return path


def test_the_description_is_valid_and_holds_every_route(app: APIFlask) -> None:
    validate(answer(app.test_client().get("/openapi.json")))
    routed = {
        (method, rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api", "/health"))
    }

    assert set(operations(app)) == routed


def test_no_token_that_only_reads_writes_anything(onlooker: Person) -> None:
    token = personal_token(onlooker, "read")
    for method, path in operations(onlooker.app):
        if method != "GET" and path not in OPEN_ROUTES:
            response = onlooker.call(method, place(path).removeprefix("/api/v1"), token=token)
            assert (method, path, answer(response, 403)["error"]) == (method, path, "forbidden")


def test_no_personal_token_reaches_the_account_itself(onlooker: Person) -> None:
    token = personal_token(onlooker, "write")
    prefix, exceptions = OF_A_SESSION
    for method, path in operations(onlooker.app):
        if path.startswith(prefix) and path not in OPEN_ROUTES and (method, path) not in exceptions:
            response = onlooker.call(method, place(path).removeprefix("/api/v1"), token=token)
            assert (method, path, answer(response, 403)["error"]) == (method, path, "forbidden")


def test_a_personal_token_opens_every_other_route(onlooker: Person) -> None:
    token = personal_token(onlooker, "write")
    prefix, exceptions = OF_A_SESSION
    for method, path in operations(onlooker.app):
        if not path.startswith(prefix) or (method, path) in exceptions:
            response = onlooker.call(method, place(path).removeprefix("/api/v1"), token=token)
            assert response.status_code not in {401, 403}, (method, path)


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

    line = json_lines().format(record)

    assert "\n" not in line
    assert orjson.loads(line)["message"] == "first\nsecond Bearer [redacted] password=[redacted]"
