"""The service as it is run: refuses weak secrets, counts logins over all workers, outlives its database."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scripts.embedded_postgres import EmbeddedPostgres
from scripts.home import free_port
from tests.auth_service.conftest import PASSWORD
from tests.conftest import ROOT
from tests.platform import ROLES, Platform, wait_until

COMMAND = [
    sys.executable,
    "-m",
    "gunicorn",
    "--config",
    "auth_service/gunicorn.conf.py",
    "auth_service.app:create_app()",
]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A cluster of this module's own, because it is stopped and started."""
    with tempfile.TemporaryDirectory(prefix="macrofolio-outage-") as name:
        Path(name).chmod(0o755)
        yield EmbeddedPostgres(Path(name), free_port())


@pytest.fixture(scope="module")
def outage_platform(server: EmbeddedPostgres) -> Iterator[Platform]:
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    platform = Platform(server.port, "outage", passwords)
    server.initialise(passwords["postgres"])
    process = server.start_detached(server.home / "log")
    try:
        wait_until(Platform(server.port, "postgres", passwords).answers, "PostgreSQL answers", seconds=30)
        environment = os.environ | platform.environment
        subprocess.run([sys.executable, "-m", "migrations"], env=environment, cwd=ROOT, check=True)
        yield platform
    finally:
        server.stop()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def service(outage_platform: Platform) -> Iterator[httpx.Client]:
    """The service on a port of its own, with two workers."""
    port = free_port()
    settings = {"JWT_SECRET_KEY": secrets.token_urlsafe(48), "API_PORT": str(port), "API_WORKERS": "2"}
    process = subprocess.Popen(COMMAND, env=os.environ | outage_platform.environment | settings, cwd=ROOT)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        try:
            wait_until(lambda: answers(client, "/health/ready"), "the API is ready", seconds=60)
            yield client
        finally:
            process.terminate()
            process.wait(timeout=60)


def answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


def test_the_service_outlives_its_database(
    service: httpx.Client, server: EmbeddedPostgres, outage_platform: Platform
) -> None:
    login = {"email": "grace@example.org", "password": PASSWORD}
    assert service.post("/api/v1/auth/register", json=login).status_code == 201
    server.stop()
    down = service.post("/api/v1/auth/login", json=login)
    process = server.start_detached(server.home / "log")
    wait_until(outage_platform.answers, "PostgreSQL answers again", seconds=30)
    wait_until(lambda: answers(service, "/health/ready"), "the API is ready again", seconds=30)

    assert down.status_code == 503
    assert set(down.json()) == {"error", "message", "fields"}
    assert down.headers["Retry-After"] == "2"
    assert service.get("/health/live").status_code == 200
    assert service.post("/api/v1/auth/login", json=login).status_code == 200
    server.stop()
    process.wait(timeout=30)
