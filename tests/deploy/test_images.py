"""What can be known of the images where none can be built: the file is sound, its installation carries the service."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.launcher.home import ROOT
from scripts.launcher.services import BIN
from tests.deploy.conftest import Deployment

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECTS = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
GUNICORN = ("gunicorn", "--check-config", "--config")
# By dependency group: what containers of its image have to be able to do, and what it must not have.
IMAGES: dict[str, tuple[tuple[tuple[str, tuple[str, ...]], ...], set[str]]] = {
    "api": (
        (
            ("api", (*GUNICORN, "auth_service/gunicorn.conf.py", "auth_service.app:create_app()")),
            ("api", ("python", "-m", "auth_service.admin", "--help")),
        ),
        {"dash", "alembic", "apache-airflow", "dbt-core", "pytest"},
    ),
    "dashboard": (
        (("app", (*GUNICORN, "dashboard/gunicorn.conf.py", "dashboard.app:create_server()")),),
        {"psycopg", "apiflask", "apache-airflow", "yfinance", "pytest"},
    ),
    "migrations": (
        (("migrate", ("python", "-c", "import migrations.__main__, migrations.roles")),),
        {"flask", "dash", "pandas", "apache-airflow", "pytest"},
    ),
    "backup": (
        (
            ("backup", ("python", "-m", "backup", "--help")),
            ("backup", ("python", "-c", "from backup.config import BackupSettings; BackupSettings()")),
            ("restore", ("--help",)),
            (
                "backup",
                ("python", "-c", "from backup.postgres import PROGRAMS; assert (PROGRAMS / 'pg_dump').exists()"),
            ),
        ),
        {"flask", "dash", "pandas", "apache-airflow", "pytest"},
    ),
    "celery": (
        (
            ("dbt-build", ("dbt", "parse", "--quiet")),  # writes what the DAGs are made from
            (
                "airflow-dag-processor",
                ("python", "-c", "import dags.transaction_sensor, dags.daily_market_data_ingestion"),
            ),
            ("airflow", ("airflow", "version")),
            (
                "airflow-worker",
                (
                    "python",
                    "-c",
                    "import ingestion.prices.price_refresh, airflow.providers.celery.executors.celery_executor",
                ),
            ),
        ),
        {"apiflask", "dash", "gunicorn", "pytest"},
    ),
}


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_begins_with_one_version_of_another() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    begins = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) + re.findall(r"--from=(\S+)", DOCKERFILE)

    foreign = [image for image in begins if image not in stages]
    version = re.compile(r"[a-z./-]+:\d+\.\d+\.\d+(-[a-z-]+)?(@sha256:[0-9a-f]{64})?")
    assert len(foreign) == 3
    assert [image for image in foreign if not version.fullmatch(image)] == []


def test_what_runs_is_nobody_of_the_machine(containers: dict[str, Any]) -> None:
    ours = {container["build"]["target"] for container in containers.values() if "build" in container}

    assert ours == {"service", "proxy"}
    for target in ours:
        stage = re.split(r"^FROM ", DOCKERFILE.partition(f" AS {target}\n")[2], flags=re.MULTILINE)[0]
        assert re.findall(r"^USER (.*)$", stage, re.MULTILINE) == ["10001:10001"], target
        assert stage.strip().endswith("USER 10001:10001"), target


def test_everything_that_is_copied_is_there_and_admitted() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    admitted = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))

    assert copied == admitted
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_every_image_is_one_of_the_dependency_groups(containers: dict[str, Any]) -> None:
    built = {
        container["image"]: container["build"]["args"]["EXTRA"]
        for container in containers.values()
        if container.get("build", {}).get("target") == "service"
    }

    assert sorted(built.values()) == sorted(IMAGES)


@pytest.mark.parametrize("extra", IMAGES)
def test_the_installation_of_an_image_carries_its_service(
    deployment: Deployment, containers: dict[str, Any], tmp_path: Path, extra: str
) -> None:
    """The very commands of the Dockerfile, into a folder of this machine; then what the containers begin with."""
    begins, foreign = IMAGES[extra]
    _install(extra, tmp_path / "venv")
    bin_folder = tmp_path / "venv" / "bin"

    installed = json.loads(deployment.run({"image": "any"}, ["python", "-c", PROJECTS], bin_folder=bin_folder).stdout)
    locked = set(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    normal = {re.sub(r"[-_.]+", "-", project).lower(): version for project, version in installed.items()}
    assert set(normal.items()) - locked == set()
    assert foreign & set(normal) == set()
    for name, command in begins:
        here = {"API_METRICS_PORT": ""} if name == "api" else {}
        done = deployment.run(containers[name], command, here, bin_folder)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def _install(extra: str, place: Path) -> None:
    found = re.search(r"^RUN --mount=\S+ \\\n(.+?)\n\n", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found is not None
    # Compiling, which our Makefile asks for too, takes longer than all the rest, and shows nothing.
    script = found[1].replace("/opt/venv", str(place)).replace("--compile-bytecode", "")
    uv = shutil.which("uv", path=f"{ROOT / '.venv-uv' / 'bin'}:/usr/local/bin:/usr/bin:/bin") or shutil.which("uv")
    assert uv, "The images are installed with uv, as .venv is: make .venv gets it."
    done = subprocess.run(
        ["/bin/sh", "-ec", f'uv() {{ "{uv}" "$@"; }}\n{script}'],
        cwd=ROOT,
        env=os.environ | {"EXTRA": extra, "UV_PYTHON": sys.executable, "UV_COMPILE_BYTECODE": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
