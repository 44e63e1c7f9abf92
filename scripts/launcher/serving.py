"""A service for a benchmark or a test, started as the launcher starts it, and stopped afterwards."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from scripts.launcher.home import ROOT, Home
from scripts.launcher.services import SERVICES, Service

START_SECONDS = 60
API, DASHBOARD = (next(service for service in SERVICES if service.name == name) for name in ("api", "dashboard"))


def files_of(market: Path) -> Mapping[str, str]:
    """Settings that make a process fetch from the folder."""
    return {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "FILES_SOURCE_DIR": str(market)}


@contextmanager
def serving(service: Service, home: Home, market: Path, **settings: str) -> Iterator[psutil.Process]:
    """The service with prices from the folder `market`, once it is healthy; yields its first process."""
    log = home.folder / f"{service.name}.log"
    with log.open("wb") as output:
        environment = service.environment(home, files_of(market)) | settings
        process = subprocess.Popen(service.argv(), env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait_for(home.url(service.port) + service.health, log)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer: {log.read_text()[-2000:]}") from None
            time.sleep(0.1)
        else:
            return
