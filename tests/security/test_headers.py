"""What holds for every answer, whatever was asked and however it ended."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from tests.security.conftest import Person, answer

PROMISED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOBODYS = "6a0f6bd6-0000-4000-8000-000000000000"


def operations(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Every method and path that the description names, with something in the place of its variables."""
    paths: dict[str, dict[str, Any]] = answer(client.get("/openapi.json"))["paths"]
    for path, methods in paths.items():
        for method in methods:
            yield method.upper(), path.replace("{transaction_id}", NOBODYS).replace("{ticker}", "VTI")


def lacking(response: httpx.Response) -> list[str]:
    """The promised headers that an answer lacks."""
    wrong = [name for name, value in PROMISED.items() if response.headers.get(name) != value]
    if "frame-ancestors 'none'" not in response.headers.get("Content-Security-Policy", ""):
        wrong.append("Content-Security-Policy")
    wrong += [name for name in response.headers if name.startswith("access-control") or name == "set-cookie"]
    return wrong


@pytest.mark.threat(31)
def test_every_route_protects_its_answers_with_and_without_a_token(client: httpx.Client, alice: Person) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    asked = 0
    for method, path in operations(client):
        signed = {"Authorization": f"Bearer {alice.tokens['access_token']}"} | elsewhere
        for headers in (elsewhere, signed):
            if not path.endswith("/logout"):
                assert lacking(client.request(method, path, headers=headers)) == [], (method, path)
                asked += 1
    assert asked > 40


@pytest.mark.threat(31)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/transactions/1", 404),
        ("PUT", "/health/live", 405),
        ("TRACE", "/api/v1/auth/me", 405),
        ("POST", "/api/v1/auth/login", 415),
        ("GET", "/openapi.json", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/swagger-ui.css", 200),
        ("GET", "/static/docs.js", 200),
        ("HEAD", "/health/live", 200),
        ("OPTIONS", "/api/v1/auth/login", 200),
    ],
)
def test_refusals_pages_and_files_are_protected_too(client: httpx.Client, method: str, path: str, status: int) -> None:
    response = client.request(method, path)

    assert (response.status_code, lacking(response)) == (status, [])


@pytest.mark.threat(31)
def test_no_other_site_is_allowed_to_ask(client: httpx.Client) -> None:
    preflight = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    for path in ("/api/v1/auth/login", "/api/v1/transactions", "/api/v1/nowhere"):
        assert lacking(client.request("OPTIONS", path, headers=preflight)) == []


@pytest.mark.threat(31)
def test_scripts_run_on_the_page_of_the_description_only_and_come_from_here(client: httpx.Client) -> None:
    page = client.get("/docs").headers["Content-Security-Policy"]

    assert client.get("/health/live").headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "script-src 'self';" in page
    assert "unsafe-eval" not in page


@pytest.mark.parametrize(
    "path",
    [
        *("/api//v1/auth/me", "/api/v1/auth/me/", "/api/v1/auth/./me", "/API/v1/auth/me"),
        *("/api/v1/x/../auth/me", "/api/v1/x/%2e%2e/auth/me", "/api/v1/auth/me;x=1"),
        *("/api/v1/auth/me%00", "/api/v1/auth/me%20", "/api/v1/auth/me%0a", "/docs/../openapi.json", "/health//live"),
        *("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/%2e%2e/pyproject.toml", "/docs/..%2f..%2fapp.py"),
        *("/static//etc/passwd", "/static/%2fetc%2fpasswd", "/%ff%fe", "/api/v1/tickers/%ed%a0%80", "/{request.path}"),
    ],
)
def test_a_path_has_one_spelling(onlooker: Person, path: str) -> None:
    # Not with a client that tidies up what it is given.
    connection = HTTPConnection(onlooker.client.base_url.host, onlooker.client.base_url.port or 0, timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {onlooker.tokens['access_token']}"})
    response = connection.getresponse()

    assert response.status == 404
    assert set(json.loads(response.read())) == {"error", "message", "fields"}
    connection.close()


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:99", "a@b", "a b", "", "[::1", "\u00e4"])
def test_no_answer_repeats_what_the_client_calls_this_host(onlooker: Person, host: str) -> None:
    for path in ("/api/v1/auth/me", "/openapi.json", "/docs", "//docs"):
        response = onlooker.client.get(path, headers=[(b"Host", host.encode())])
        assert response.status_code in {200, 400, 401, 404}
        assert "attacker" not in response.text + str(response.headers)


@pytest.mark.threat(47)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_name_that_suddenly_means_this_machine_is_asked_for_nothing(onlooker: Person, host: str) -> None:
    for path in ("/api/v1/auth/oidc", "/openapi.json", "/health/live", "/docs"):
        assert onlooker.client.get(path, headers={"Host": host}).status_code == 400
    assert onlooker.client.get("/health/live", headers={"Host": "localhost:8000"}).status_code == 200


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Script-Name"])
def test_no_header_turns_one_request_into_another(onlooker: Person, header: str) -> None:
    value = "/api/v1/auth/me" if "URL" in header else "DELETE"

    response = onlooker.client.get("/health/live", headers={header: value})

    assert (response.status_code, response.json()) == (200, {"status": "alive"})
