"""The API as it is run: the launcher's own command on a free port of the loopback, its log in a file."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from scripts.home import free_port
from scripts.services import SERVICES
from tests.conftest import ROOT
from tests.platform import wait_until

API = next(service for service in SERVICES if service.name == "api")
SETTINGS = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB")


class RunningService:
    """One API with two workers over a migrated database.

    Args:
        environment: Where the database is and what the service may fetch; of its secrets only the API's are passed on.
        log: File that gets everything the service writes.
        settings: Further settings of the API, by the names of their environment variables.

    """

    def __init__(self, environment: Mapping[str, str], log: Path, **settings: str) -> None:
        self.log, self.port = log, free_port()
        self._environment = (
            service_environment(environment) | {"API_PORT": str(self.port), "API_WORKERS": "2"} | settings
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and return when it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                API.argv(), env=self._environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self.is_ready, f"the API is ready; its log is {self.log}", seconds=60)

    def stop(self) -> None:
        """Stop it as the launcher does, and return when it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def is_ready(self) -> bool:
        """True when it answers and reaches its database."""
        try:
            return httpx.get(f"{self.url}/health/ready").is_success
        except httpx.TransportError:
            return False

    def client(self, *on_answer: Callable[[httpx.Response], Any]) -> httpx.Client:
        """A client with connections of its own; `on_answer` sees every answer first."""
        # Given up before the service does: no request may meet a connection that is just being closed.
        limits = httpx.Limits(max_connections=200, keepalive_expiry=2)
        return httpx.Client(base_url=self.url, timeout=60, limits=limits, event_hooks={"response": list(on_answer)})


def service_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the API's process gets to know: nobody else's secrets."""
    foreign = {name for name in environment if name.endswith("_PASSWORD")} - set(API.secrets)
    return dict(os.environ) | {name: value for name, value in environment.items() if name not in foreign}
