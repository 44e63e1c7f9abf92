"""No service starts on a default, an empty or a short secret, and none says in its output what it was given."""

import os
import secrets
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.launcher.home import PORTS, SECRETS, Home, free_port
from tests.conftest import ROOT
from tests.support.running_api import API

BAD = [
    *(("JWT_SECRET_KEY", value) for value in ("dev", "", "b4d" * 10 + "x", None)),
    *(("API_DB_PASSWORD", value) for value in ("postgres", "", "fifteen letters", None)),
]


@pytest.mark.threat(36)
def test_a_default_empty_short_or_missing_secret_keeps_the_service_from_starting() -> None:
    def start(bad: tuple[str, str | None]) -> subprocess.CompletedProcess[str]:
        good = {name: secrets.token_urlsafe(48) for name in API.secrets} | {"API_PORT": str(free_port())}
        settings = os.environ | good | {bad[0]: bad[1] or ""}
        if bad[1] is None:
            del settings[bad[0]]
        return subprocess.run(
            API.argv(), env=settings, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )

    with ThreadPoolExecutor(2) as threads:
        for (name, value), done in zip(BAD, threads.map(start, BAD), strict=True):
            assert done.returncode != 0
            assert name.lower() in done.stderr.lower()
            assert value in {None, "", "dev", "postgres"} or str(value) not in done.stdout + done.stderr


@pytest.mark.threat(36)
def test_the_launcher_makes_long_secrets_of_its_own_for_its_owners_eyes_only(tmp_path: Path) -> None:
    homes = [Home(tmp_path / name, PORTS) for name in ("one", "other")]
    for home in homes:
        home.folder.mkdir()
        assert min(len(home.secrets[name]) for name in SECRETS) >= 16
        assert stat.S_IMODE((home.folder / "secrets.json").stat().st_mode) == 0o600

    assert not set(homes[0].secrets.values()) & set(homes[1].secrets.values())
    assert Home(homes[0].folder, PORTS).secrets == homes[0].secrets
