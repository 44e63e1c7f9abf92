"""The API as it is deployed, and a PostgreSQL that may be killed: processes of a test's own."""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from scripts.embedded_postgres import EmbeddedPostgres
from scripts.home import ROOT, free_port
from scripts.services import SERVICES
from tests.platform import ROLES, Platform, wait_until

COMMAND = next(service.argv() for service in SERVICES if service.name == "api")
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
        """End the server and all its processes at once, as a power cut would."""
        if self.process is not None:
            postmaster = psutil.Process(self.process.pid)
            for process in (postmaster, *postmaster.children(recursive=True)):
                process.kill()
        self.wait_for_its_end()

    def wait_for_its_end(self) -> None:
        if self.process is not None:
            self.process.wait(timeout=30)
            self.process = None


@contextmanager
def own_cluster(*settings: str) -> Iterator[Cluster]:
    """A cluster as production has it, fsync included, with a migrated database."""
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    with tempfile.TemporaryDirectory(prefix="macrofolio-cluster-") as name:
        Path(name).chmod(0o755)  # root's server runs as an unprivileged account
        cluster = Cluster(EmbeddedPostgres(Path(name), free_port()), Platform(0, "", passwords))
        cluster.platform = Platform(cluster.server.port, "macrofolio", passwords)
        cluster.server.initialise(passwords["postgres"])
        cluster.start(*settings)
        try:
            environment = os.environ | cluster.platform.environment
            subprocess.run([sys.executable, "-m", "migrations"], env=environment, cwd=ROOT, check=True)
            yield cluster
        finally:
            cluster.stop()


@dataclass(frozen=True)
class RunningApi:
    """A service with two workers, its log and its metrics."""

    process: subprocess.Popen[bytes]
    url: str
    metrics_url: str
    log: Path

    def client(self, login: dict[str, str] | None = None) -> httpx.Client:
        """A client of the public address; with the login of `join` it is signed in."""
        headers = {}
        if login:
            reply = httpx.post(f"{self.url}/api/v1/auth/login", json=login, trust_env=False).raise_for_status()
            headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def join(self) -> dict[str, str]:
        """Register somebody; the login."""
        login = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
        httpx.post(f"{self.url}/api/v1/auth/register", json=login, trust_env=False).raise_for_status()
        return login

    def answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, trust_env=False, timeout=10).is_success
        except httpx.TransportError:
            return False

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
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
def running_api(platform: Platform, **settings: str) -> Iterator[RunningApi]:
    """The service over a database until the block ends, ready to answer."""
    port, metrics_port = free_port(), free_port()
    settings = {
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "API_PORT": str(port),
        "API_METRICS_PORT": str(metrics_port),
        "API_WORKERS": "2",
    } | settings
    with tempfile.NamedTemporaryFile("wb", prefix="macrofolio-api-", suffix=".log") as log:
        process = subprocess.Popen(
            COMMAND, env=os.environ | platform.environment | settings, cwd=ROOT, stdout=log, stderr=log
        )
        api = RunningApi(
            process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}/metrics", Path(log.name)
        )
        try:
            wait_until(lambda: api.answers("/health/ready"), "the API is ready", seconds=60)
            yield api
        finally:
            process.terminate()
            process.wait(timeout=60)


def market_of_files(folder: Path) -> dict[str, str]:
    """Settings of a market with one listing, VTI, that traded at 98 to 102 on 2024-01-02."""
    (folder / "prices").mkdir()
    (folder / "macro").mkdir()
    header = "ticker,name,currency,exchange,quote_type,sector,price_basis,timezone"
    (folder / "assets.csv").write_text(f"{header}\nVTI,Total Market,USD,NYSE,ETF,,as_traded,America/New_York\n")
    columns = "date,open,high,low,close,adj_close,volume,dividends,splits"
    (folder / "prices" / "VTI.csv").write_text(f"{columns}\n2024-01-02,100,102,98,100,100,1,,\n")
    return {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "FILES_SOURCE_DIR": str(folder)}
