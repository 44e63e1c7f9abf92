"""Real parts for every test: one embedded PostgreSQL a process, one migrated database for each test module."""

import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.launcher.embedded_postgres import EmbeddedPostgres
from scripts.launcher.home import free_port
from tests.support.databases import Databases
from tests.support.distribution import SLOW, InUnits, place
from tests.support.platform import ROLES, Platform, wait_until

ROOT = Path(__file__).parent.parent


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InUnits:
    return InUnits(config, log)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW) or "page" in getattr(item, "fixturenames", ()):  # a page of a browser
            item.add_marker("slow")
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=lambda item: place(item.nodeid))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason to skip, however many tests and files share it."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, number in reasons.items():
        terminalreporter.write_line(f"{number} skipped: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Platform]:
    """A PostgreSQL cluster of the session's own, with a password for every role; no database of ours in it yet."""
    home = Path(tempfile.mkdtemp(prefix="macrofolio-test-"))
    home.chmod(0o755)  # root's server runs as an unprivileged account
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    server = EmbeddedPostgres(home, free_port())
    server.initialise(passwords["postgres"])
    # What tests write need not survive a power cut.
    process = server.start_detached(home / "postgres.log", "fsync=off")
    platform = Platform(port=server.port, database="postgres", passwords=passwords)
    try:
        wait_until(platform.answers, "PostgreSQL answers", seconds=30)
        yield platform
    finally:
        server.stop()
        process.wait(timeout=30)
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def databases(postgres_server: Platform) -> Databases:
    return Databases(postgres_server)


@pytest.fixture(scope="module")
def platform(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A migrated database for one test module, and the environment that points a service at it."""
    platform = databases.new(request.module.__name__.rpartition(".")[2])
    yield platform
    databases.drop(platform)
