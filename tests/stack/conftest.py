"""One demo stack for all tests of this folder, started and stopped by the launcher's own commands."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from scripts.demo import Airflow
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

    def api(self) -> httpx.Client:
        """A client of the API, logged in as the demo user."""
        client = httpx.Client(base_url=self.home.url("API_PORT") + "/api/v1", timeout=60, trust_env=False)
        reply = client.post("/auth/login", json=self.home.remembered("logins.json")["demo"])
        client.headers["Authorization"] = f"Bearer {reply.raise_for_status().json()['access_token']}"
        return client

    def airflow(self) -> Airflow:
        return Airflow(self.home)


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
