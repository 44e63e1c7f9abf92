"""The deployment as Docker Compose itself reads it, with settings and secrets made by `make env`'s own script."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from scripts import env
from scripts.launcher.home import ROOT
from scripts.launcher.services import BIN

PROFILES = ("local", "public", "celery", "backup", "restore")


@dataclass(frozen=True)
class Deployment:
    """A folder with docker-compose.yml, .env and secrets/."""

    folder: Path

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def resolved(self, *profiles: str, **settings: str) -> dict[str, Any]:
        """What `docker compose config` makes of it; `settings` count more than those of .env."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [BIN / "docker-compose", "config", "--format", "json"],
            cwd=self.folder,
            env=inherited | {"COMPOSE_PROFILES": ",".join(profiles)} | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        resolved: dict[str, Any] = json.loads(done.stdout)
        return resolved

    def run(
        self,
        container: Mapping[str, Any],
        command: Sequence[str],
        changed: Mapping[str, str] = MappingProxyType({}),
        bin_folder: Path = BIN,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command here as the container would: its entrypoint, its environment, its secrets, and nothing else.

        The folders of the container are some of this machine, which containers of one image share.

        Args:
            container: As `resolved` gives it.
            command: Program and arguments.
            changed: Variables that have to differ from the container's.
            bin_folder: Where the image's programs are.

        """
        place = self.folder / container["image"]
        folders = {
            "/run/secrets": place / "secrets",
            "/var/lib/macrofolio": place / "state",
            "/tmp": place / "tmp",  # noqa: S108  # the container's
            "/app": ROOT,
        }
        shutil.rmtree(place / "secrets", ignore_errors=True)
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        for secret in container.get("secrets", ()):
            shutil.copy(self.secrets / secret["source"], place / "secrets")

        def here(text: str) -> str:
            text = text.replace("$$", "$")  # how `config` writes a dollar that is meant
            return re.sub("|".join(folders), lambda inside: str(folders[inside[0]]), text)

        environment = {name: here(value) for name, value in container.get("environment", {}).items()}
        image = {"PATH": f"{bin_folder}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(place)}
        argv = [here(part) for part in container.get("entrypoint") or ()] + list(command)
        return subprocess.run(
            argv,
            cwd=ROOT,
            env=image | environment | dict(changed),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("deployment")
    shutil.copy(ROOT / "docker-compose.yml", folder)
    env.make(folder, host=None)
    return Deployment(folder)


@pytest.fixture(scope="session")
def resolved(deployment: Deployment) -> dict[str, Any]:
    """The whole file, with every profile of ours."""
    return deployment.resolved(*PROFILES)


@pytest.fixture(scope="session")
def containers(resolved: dict[str, Any]) -> dict[str, Any]:
    services: dict[str, Any] = resolved["services"]
    return services
