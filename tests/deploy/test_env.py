"""One command makes the settings and the secrets of a deployment, and what is documented is what is used."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from scripts import env
from scripts.launcher.home import ROOT
from tests.deploy.conftest import Deployment

ASSIGNMENT = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the script needs of a checkout, and nothing that is installed."""
    for name in ("scripts/__init__.py", "scripts/env.py", ".env.example", "Makefile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make_env(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it as on a machine that has Python and none of our packages."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "scripts.env", *arguments],
        cwd=checkout,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def settings_of(file: Path) -> dict[str, str]:
    return dict(ASSIGNMENT.findall(file.read_text()))


def test_it_needs_nothing_but_python(checkout: Path) -> None:
    done = make_env(checkout)

    assert done.returncode == 0, done.stderr
    assert settings_of(checkout / ".env") == settings_of(ROOT / ".env.example")


def test_make_env_runs_it_without_installing_anything(checkout: Path) -> None:
    command = ["make", "env", f"PYTHON={sys.executable}", "ARGS=--host portfolio.example.org"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    settings = settings_of(checkout / ".env")
    assert (settings["COMPOSE_PROFILES"], settings["SITE_HOST"]) == ("public,backup", "portfolio.example.org")
    assert not (checkout / ".venv").exists()


@pytest.mark.threat(36)
def test_every_secret_is_long_fresh_and_out_of_reach_of_others(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        env.make(tmp_path / name, host=None)
    one, other = (
        {path.name: path.read_text() for path in (tmp_path / name / "secrets").iterdir()} for name in ("one", "other")
    )

    made = one.keys() - set(env.GIVEN)
    assert min(len(one[name]) for name in made) >= 32
    assert len({one[name] for name in made} | {other[name] for name in made}) == 2 * len(made)
    assert {one[name] for name in env.GIVEN} == {""}
    Fernet(one["airflow_fernet_key"])
    assert json.loads(one["airflow_passwords"]).keys() == {"admin"}
    folder = tmp_path / "one"
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    # The accounts of the containers are none of this machine's: each file is for whoever gets as far as the folder.
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "secrets").iterdir()} == {0o644}


@pytest.mark.parametrize("there", [".env", "secrets"])
def test_what_is_there_is_never_overwritten(checkout: Path, there: str) -> None:
    assert make_env(checkout).returncode == 0
    missing = ({".env", "secrets"} - {there}).pop()
    (shutil.rmtree if missing == "secrets" else os.unlink)(checkout / missing)

    again = make_env(checkout)

    assert again.returncode == 1
    assert f"{checkout / there} exists and was not changed" in again.stderr
    assert not (checkout / missing).exists()


def test_what_a_newer_version_asks_for_is_added_and_nothing_else_changes(checkout: Path) -> None:
    make_env(checkout)
    settings, kept = checkout / ".env", checkout / "secrets"
    own = "COMPOSE_PROFILES=public\n export BACKUP_KEEP = 3\n#API_WORKERS=9\nOF_SOMEBODY=1"
    settings.write_text(own)
    new = {"jwt_secret_key", "airflow_fernet_key", "fred_api_key"}
    for name in new:
        (kept / name).unlink()
    before = {path.name: path.read_text() for path in kept.iterdir()}

    done = make_env(checkout, "--missing")

    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_text() for path in kept.iterdir() if path.name not in new} == before
    assert len((kept / "jwt_secret_key").read_text()) >= 32
    Fernet((kept / "airflow_fernet_key").read_text())
    assert (kept / "fred_api_key").read_text() == ""
    assert {stat.S_IMODE((kept / name).stat().st_mode) for name in new} == {0o644}
    assert settings.read_text().startswith(f"{own}\n\n# Added for a newer version")
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    expected = settings_of(ROOT / ".env.example") | {"COMPOSE_PROFILES": "public", "OF_SOMEBODY": "1"}
    del expected["BACKUP_KEEP"]  # is there, in another way of writing
    assert settings_of(settings) == expected
    assert all(f"secrets/{name}" in done.stdout for name in new)
    assert "API_WORKERS" in done.stdout
    assert "BACKUP_KEEP" not in done.stdout


def test_nothing_is_added_twice(checkout: Path) -> None:
    make_env(checkout, "--host", "portfolio.example.org")
    (checkout / ".env").write_text("COMPOSE_PROFILES=public\n")
    make_env(checkout, "--missing")
    before = {path: path.read_text() for path in (checkout / ".env", *(checkout / "secrets").iterdir())}

    done = make_env(checkout, "--missing")

    assert done.returncode == 0, done.stderr
    assert {path: path.read_text() for path in before} == before
    assert "lack nothing" in done.stdout


@pytest.mark.parametrize("lost", [".env", "secrets"])
def test_what_is_lost_as_a_whole_is_not_made_anew_by_an_update(checkout: Path, lost: str) -> None:
    make_env(checkout)
    (checkout / lost).rename(checkout / "elsewhere")

    done = make_env(checkout, "--missing")

    assert done.returncode == 1
    assert f"{checkout / lost} is missing. Restore it" in done.stderr
    assert not (checkout / lost).exists()


@pytest.mark.parametrize("host", ["https://example.org", "example.org:443", "Example.org", "localhost", "", "a b.org"])
def test_what_is_no_host_name_is_refused(checkout: Path, host: str) -> None:
    done = make_env(checkout, "--host", host)

    assert done.returncode == 1
    assert f"{host!r} is not a host name" in done.stderr
    assert not (checkout / ".env").exists()


def test_every_setting_of_the_containers_is_in_the_example_and_explained() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    documented = settings_of(ROOT / ".env.example").keys() - {"COMPOSE_PROFILES"}  # Docker Compose's own
    operations = (ROOT / "docs" / "operations.md").read_text() + (ROOT / "docs" / "identity.md").read_text()

    assert used == documented
    assert {name for name in {*used, "COMPOSE_PROFILES"} if f"`{name}`" not in operations} == set()


def test_every_secret_of_the_containers_is_made_and_explained(deployment: Deployment, resolved: dict[str, Any]) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    used = {secret["source"] for one in resolved["services"].values() for secret in one.get("secrets", ())}

    assert {name: Path(secret["file"]) for name, secret in resolved["secrets"].items()} == {
        path.name: path for path in deployment.secrets.iterdir()
    }
    assert used == resolved["secrets"].keys()
    assert {name for name in env.GIVEN if f"secrets/{name}" not in operations} == set()


def test_the_defaults_are_told_once(deployment: Deployment) -> None:
    """With an empty .env the containers get what they get with the example's."""
    empty = {name: "" for name in settings_of(ROOT / ".env.example") if name != "COMPOSE_PROFILES"}

    assert deployment.resolved("local", **empty) == deployment.resolved("local")
