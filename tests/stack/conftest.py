"""One demo stack for all tests of this folder, started and stopped by the launcher's own commands."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from scripts.demo import Airflow, api_client
from scripts.home import PORTS, ROOT, Home, free_port


@dataclass(frozen=True)
class Stack:
    """A running demo: its home, and how to command it as `make` does."""

    home: Home

    def command(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run `make NAME`'s launcher command against this stack."""
        return subprocess.run(
            [sys.executable, "-m", "scripts.stack", name],
            env=os.environ | self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        ports = {name: str(port) for name, port in self.home.ports.items()}
        return {"MACROFOLIO_HOME": str(self.home.folder)} | ports

    def api(self, login: dict[str, str] | None = None) -> AbstractContextManager[httpx.Client]:
        """A client of the API, logged in with `login`, else as the demo user."""
        return api_client(self.home, login)

    def airflow(self) -> Airflow:
        return Airflow(self.home)


@pytest.fixture
def investor(stack: Stack) -> dict[str, str]:
    """Login (email, password) of a user of the test's own, so that the demo's portfolio stays what it is."""
    login = {"email": f"investor-{secrets.token_hex(4)}@macrofolio.example", "password": secrets.token_urlsafe(12)}
    reply = httpx.post(stack.home.url("API_PORT") + "/api/v1/auth/register", json=login, trust_env=False)
    reply.raise_for_status()
    return login


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-demo-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as an unprivileged account
    stack = Stack(Home(folder, {name: free_port() for name in PORTS}))
    started = stack.command("demo")
    try:
        assert started.returncode == 0, started.stdout + started.stderr + _last_lines(folder / "logs")
        yield stack
    finally:
        stopped = stack.command("down")
        shutil.rmtree(folder)
    assert stopped.returncode == 0, stopped.stderr


def _last_lines(logs: Path) -> str:
    return "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(logs.glob("*.log")))
