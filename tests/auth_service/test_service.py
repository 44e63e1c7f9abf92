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
from tests.auth_service.running import COMMAND, answers, running_service
from tests.conftest import ROOT
from tests.platform import ROLES, Platform, wait_until


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
    settings = {"JWT_SECRET_KEY": secrets.token_urlsafe(48)}
    with (
        running_service(outage_platform.environment | settings) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("name", "value"), [("JWT_SECRET_KEY", "dev"), ("JWT_SECRET_KEY", "x" * 31), ("API_DB_PASSWORD", "")]
)
def test_a_short_secret_keeps_the_service_from_starting(name: str, value: str) -> None:
    good = {"JWT_SECRET_KEY": "x" * 32, "API_DB_PASSWORD": "x" * 16, "API_PORT": str(free_port())}

    done = subprocess.run(
        COMMAND,
        env=os.environ | good | {name: value},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert name.lower() in done.stderr


def test_failed_logins_are_counted_over_all_workers(service: httpx.Client) -> None:
    wrong = {"email": "ada@example.org", "password": "not the password"}
    statuses = []
    for _ in range(8):
        with httpx.Client(base_url=service.base_url) as fresh_connection:
            statuses.append(fresh_connection.post("/api/v1/auth/login", json=wrong).status_code)

    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]


def test_the_service_outlives_its_database(
    service: httpx.Client, server: EmbeddedPostgres, outage_platform: Platform
) -> None:
    login = {"email": "grace@example.org", "password": PASSWORD}
    assert service.post("/api/v1/auth/register", json=login).status_code == 201
    server.stop()
    down = service.post("/api/v1/auth/login", json=login)
    process = server.start_detached(server.home / "log")
    wait_until(outage_platform.answers, "PostgreSQL answers again", seconds=30)
    wait_until(lambda: answers(service.base_url, "/health/ready"), "the API is ready again", seconds=30)

    assert down.status_code == 503
    assert set(down.json()) == {"error", "message", "fields"}
    assert down.headers["Retry-After"] == "2"
    assert service.get("/health/live").status_code == 200
    assert service.post("/api/v1/auth/login", json=login).status_code == 200
    server.stop()
    process.wait(timeout=30)
