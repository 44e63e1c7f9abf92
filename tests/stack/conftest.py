"""One demo stack for all tests of this folder, started and stopped by the launcher's own commands."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from scripts.demo.portfolio import Airflow, api_client
from scripts.launcher.home import PORTS, ROOT, Home, free_port
from tests.support.platform import ROLES, Platform


class Listener:
    """An HTTP server on 127.0.0.1 that keeps what is posted to it: the webhook and the collector of metrics."""

    def __init__(self) -> None:
        posts = self.posts = list[tuple[str, bytes]]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name that http.server calls
                posts.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(HTTPStatus.OK)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the tests' output to the tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_port

    def bodies(self, path: str) -> list[bytes]:
        return [body for posted_to, body in self.posts if posted_to == path]


@dataclass(frozen=True)
class Stack:
    """A running demo: its home, how to command it as `make` does, and what it tells the outside."""

    home: Home
    listener: Listener

    def command(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run `make NAME`'s launcher command against this stack."""
        return subprocess.run(
            [sys.executable, "-m", "scripts.launcher.stack", name],
            env=os.environ | self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        ports = {name: str(port) for name, port in self.home.ports.items()}
        told = {
            "ALERT_WEBHOOK_URL": f"http://127.0.0.1:{self.listener.port}/alerts",
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "AIRFLOW__METRICS__OTEL_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__OTEL_PORT": str(self.listener.port),
            "AIRFLOW__METRICS__OTEL_INTERVAL_MILLISECONDS": "5000",
        }
        return {"MACROFOLIO_HOME": str(self.home.folder)} | ports | told

    @property
    def platform(self) -> Platform:
        """The stack's database, with the password of every role."""
        passwords = {role: self.home.secrets[secret] for role, secret in ROLES.items()}
        return Platform(self.home.ports["POSTGRES_PORT"], "macrofolio", passwords)

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


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="macrofolio-demo-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as an unprivileged account
    stack = Stack(Home(folder, {name: free_port() for name in PORTS}), Listener())
    started = stack.command("demo")
    try:
        assert started.returncode == 0, started.stdout + started.stderr + _last_lines(folder / "logs")
        yield stack
    finally:
        stopped = stack.command("down")
        stack.listener.server.shutdown()
        shutil.rmtree(folder)
    assert stopped.returncode == 0, stopped.stderr


def _last_lines(logs: Path) -> str:
    return "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(logs.glob("*.log")))
