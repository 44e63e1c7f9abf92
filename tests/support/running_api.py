"""The API as deployed, and a PostgreSQL that may be killed: processes owned by one test."""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from scripts.launcher.embedded_postgres import EmbeddedPostgres
from scripts.launcher.home import ROOT, free_port
from scripts.launcher.services import SERVICES
from tests.support.platform import ROLES, Platform, kill_all, wait_until

API = next(service for service in SERVICES if service.name == "api")
PASSWORD = "correct horse battery staple"


@dataclass
class Cluster:
    """A PostgreSQL server that a test may stop, kill and start again."""

    server: EmbeddedPostgres
    platform: Platform
    process: subprocess.Popen[Any] | None = None

    def start(self, *settings: str) -> None:
        self.process = self.server.start_detached(self.server.home / "postgres.log", *settings)
        maintenance = Platform(self.server.port, "postgres", self.platform.passwords)
        wait_until(maintenance.answers, "PostgreSQL answers", seconds=30)

    def stop(self) -> None:
        self.server.stop()
        self.wait_for_its_end()

    def kill(self) -> None:
        """Kill the server and all its processes at once, like a power cut."""
        if self.process is not None:
            postmaster = psutil.Process(self.process.pid)
            kill_all([postmaster, *postmaster.children(recursive=True)])
        self.wait_for_its_end()

    def wait_for_its_end(self) -> None:
        if self.process is not None:
            self.process.wait(timeout=30)
            self.process = None


@contextmanager
def empty_cluster(*settings: str) -> Iterator[Cluster]:
    """A cluster as in production, including fsync, without any role or database of ours."""
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    with tempfile.TemporaryDirectory(prefix="macrofolio-cluster-") as name:
        Path(name).chmod(0o755)  # a server started by root runs as an unprivileged account
        cluster = Cluster(EmbeddedPostgres(Path(name), free_port()), Platform(0, "", passwords))
        cluster.platform = Platform(cluster.server.port, "macrofolio", passwords)
        cluster.server.initialise(passwords["postgres"])
        cluster.start(*settings)
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def own_cluster(*settings: str) -> Iterator[Cluster]:
    """The same with a migrated database."""
    with empty_cluster(*settings) as cluster:
        environment = os.environ | cluster.platform.environment
        subprocess.run([sys.executable, "-m", "migrations"], env=environment, cwd=ROOT, check=True)
        yield cluster


class RunningApi:
    """The service with two workers on ports of its own, its log and its metrics.

    Args:
        environment: Where the database is and what the service may fetch; only the API's secrets are passed on.
        log: File for everything the service writes.
        settings: Further settings of the API, by environment variable.

    """

    process: subprocess.Popen[bytes]

    def __init__(self, environment: Mapping[str, str], log: Path, **settings: str) -> None:
        self.log, self.port, metrics_port = log, free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
        foreign = {name for name in environment if name.endswith("_PASSWORD")} - set(API.secrets)
        known = {name: value for name, value in environment.items() if name not in foreign}
        ports = {"API_PORT": str(self.port), "API_METRICS_PORT": str(metrics_port), "API_WORKERS": "2"}
        self._environment = os.environ | {"JWT_SECRET_KEY": secrets.token_urlsafe(48)} | known | ports | settings

    def start(self) -> None:
        """Start it, and return once it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(API.argv(), env=self._environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_until(lambda: self.answers("/health/ready"), "the API is ready", seconds=60)
        except AssertionError as never:
            self.stop()
            raise AssertionError(f"{never}; its log:\n{self.log.read_text()}") from None

    def stop(self) -> None:
        """Stop it as the launcher does, and return once it is gone."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def client(
        self, login: dict[str, str] | None = None, on_answer: Callable[[httpx.Response], Any] | None = None
    ) -> httpx.Client:
        """A client with its own connections, signed in with a login; `on_answer` sees every answer first."""
        # Expires before the service's timeout: no request may meet a connection that is just closing.
        limits = httpx.Limits(max_connections=200, keepalive_expiry=2)
        hooks = {"response": [on_answer] if on_answer else []}
        headers = {"Authorization": f"Bearer {sign_in(self.url, login)['access_token']}"} if login else {}
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=60, limits=limits, event_hooks=hooks, trust_env=False
        )

    def join(self) -> dict[str, str]:
        """Register a user; returns the login."""
        return register(self.url)

    def answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, trust_env=False, timeout=10).is_success
        except httpx.TransportError:
            return False

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        total = 0.0
        for line in httpx.get(self.metrics_url, trust_env=False).text.splitlines():
            sample = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if sample and sample[1] == name:
                carried = dict(re.findall(r'(\w+)="([^"]*)"', sample[2] or ""))
                total += float(sample[3]) if labels.items() <= carried.items() else 0
        return total

    def log_lines(self) -> list[dict[str, Any]]:
        """Every line of the log, each of which must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def running_api(environment: Mapping[str, str], **settings: str) -> Iterator[RunningApi]:
    """The service, ready to answer, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="macrofolio-api-") as folder:
        api = RunningApi(environment, Path(folder) / "api.log", **settings)
        api.start()
        try:
            yield api
        finally:
            api.stop()


def register(url: str, address: str = "127.0.0.1") -> dict[str, str]:
    """The login of a newly registered user, from this loopback address."""
    login = {"email": f"{secrets.token_hex(8)}@example.org", "password": PASSWORD}
    _post(url, "register", login, address)
    return login


def sign_in(url: str, login: dict[str, str], address: str = "127.0.0.1") -> dict[str, str]:
    """The tokens of a new session."""
    tokens: dict[str, str] = _post(url, "login", login, address).json()
    return tokens


def somebody(url: str, address: str = "127.0.0.1") -> dict[str, str]:
    """The tokens of a newly registered user."""
    return sign_in(url, register(url, address), address)


def _post(url: str, route: str, login: dict[str, str], address: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60) as client:
        return client.post(f"{url}/api/v1/auth/{route}", json=login).raise_for_status()
