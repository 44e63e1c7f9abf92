"""The API as it is run, by gunicorn with two workers, and people who call it over the loopback."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from scripts.home import free_port
from tests.conftest import ROOT
from tests.platform import wait_until

COMMAND = [
    sys.executable,
    "-m",
    "gunicorn",
    "--config",
    "auth_service/gunicorn.conf.py",
    "auth_service.app:create_app()",
]


@contextmanager
def running_service(environment: dict[str, str]) -> Iterator[str]:
    """The URL of a service on a port of its own, while the block runs."""
    port = free_port()
    settings = {"API_PORT": str(port), "API_WORKERS": "2"}
    process = subprocess.Popen(COMMAND, env=os.environ | environment | settings, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url, "/health/ready"), "the API is ready", seconds=60)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def answers(url: httpx.URL | str, path: str) -> bool:
    try:
        return httpx.get(f"{url}{path}").status_code == 200
    except httpx.TransportError:
        return False


def somebody(url: str, address: str = "127.0.0.1") -> dict[str, str]:
    """The tokens of somebody who has just registered, and calls from this address of the loopback."""
    login = {"email": f"{secrets.token_hex(8)}@example.org", "password": secrets.token_urlsafe(16)}
    with httpx.Client(base_url=f"{url}/api/v1/auth", transport=httpx.HTTPTransport(local_address=address)) as client:
        client.post("/register", json=login).raise_for_status()
        tokens: dict[str, str] = client.post("/login", json=login).raise_for_status().json()
    return tokens
