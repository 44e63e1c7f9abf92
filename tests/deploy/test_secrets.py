"""Each service finds its secrets in the files that its container is given, and in no variable."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.launcher.home import ROOT, free_port
from scripts.launcher.services import BACK_UP, BIN
from tests.deploy.conftest import Deployment
from tests.support.platform import Platform

SERVERS = {
    "api": ("gunicorn", "--check-config", "--config", "auth_service/gunicorn.conf.py", "auth_service.app:create_app()"),
    "app": ("gunicorn", "--check-config", "--config", "dashboard/gunicorn.conf.py", "dashboard.app:create_server()"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_starts_with_its_files_and_not_without(
    deployment: Deployment, containers: dict[str, Any], name: str
) -> None:
    container = containers[name]
    # Its metrics are for whoever asks, and would be on this machine's addresses.
    here = {"API_METRICS_PORT": ""} if name == "api" else {}

    assert deployment.run(container, SERVERS[name], here).returncode == 0
    without = deployment.run({**container, "secrets": []}, SERVERS[name], here)
    assert without.returncode != 0
    missing = "jwt_secret_key" if name == "api" else "dashboard_secret_key"
    assert missing in (without.stdout + without.stderr).lower()


def test_ingestion_reads_its_password_and_its_key(deployment: Deployment, containers: dict[str, Any]) -> None:
    key = secrets.token_hex(16)
    show = (
        "from ingestion.config import IngestionSettings; s = IngestionSettings(); "
        "print(*(secret and secret.get_secret_value() for secret in (s.ingestion_db_password, s.fred_api_key)))"
    )
    password = (deployment.secrets / "ingestion_db_password").read_text()
    file = deployment.secrets / "fred_api_key"
    try:
        for content, expected in (("", "None"), (f"{key}\n", key)):
            file.write_text(content)
            for name in ("api", "airflow-scheduler", "airflow-worker"):
                done = deployment.run(containers[name], [sys.executable, "-c", show])
                assert done.stdout.split() == [password, expected], done.stderr
    finally:
        file.write_text("")


@pytest.fixture
def migrated(deployment: Deployment, containers: dict[str, Any], postgres_server: Platform) -> Iterator[dict[str, str]]:
    """Where a database is that the container `migrate` has made.

    The administrator's password is the server's; every other becomes what the files say.
    """
    name = f"from_files_{secrets.token_hex(4)}"
    file = deployment.secrets / "postgres_password"
    made = file.read_text()
    file.write_text(postgres_server.passwords["postgres"])
    here = {
        "POSTGRES_HOST": "127.0.0.1",
        "POSTGRES_PORT": str(postgres_server.port),
        "POSTGRES_DB": name,
        "AIRFLOW_DB": f"{name}_airflow",
    }
    try:
        done = deployment.run(containers["migrate"], containers["migrate"]["command"], here)
        assert done.returncode == 0, done.stderr
        yield here
    finally:
        file.write_text(made)
        _as_before(postgres_server, name)


def test_migrations_log_in_with_what_the_files_say(deployment: Deployment, migrated: dict[str, str]) -> None:
    passwords = {"macrofolio_api": (deployment.secrets / "api_db_password").read_text()}

    Platform(int(migrated["POSTGRES_PORT"]), migrated["POSTGRES_DB"], passwords).connect("macrofolio_api").close()


def test_a_backup_is_taken_and_restored_with_what_the_files_say(
    deployment: Deployment, containers: dict[str, Any], migrated: dict[str, str]
) -> None:
    taken = deployment.run(containers["backup"], BACK_UP.command, migrated)
    assert taken.returncode == 0, taken.stderr
    file = Path(taken.stdout.strip()).name

    checked = deployment.run({**containers["backup"], "secrets": []}, ["python", "-m", "backup", "check"], migrated)
    restored = deployment.run(containers["restore"], ["--replace", file], migrated)

    assert checked.returncode == 0, checked.stderr
    assert restored.stdout.startswith(f"Restored the database {migrated['POSTGRES_DB']} from "), restored.stderr


def _as_before(server: Platform, name: str) -> None:
    """Give the roles of the session's server their passwords back, and drop what was made."""
    scratch = f"{name}_restored"
    restored = Platform(server.port, scratch, server.passwords)
    environment = os.environ | restored.environment
    subprocess.run([sys.executable, "-m", "migrations"], cwd=ROOT, env=environment, check=True)
    with server.connect("postgres", autocommit=True) as connection:
        for database in (name, f"{name}_airflow", scratch, restored.airflow_database):
            connection.execute(f'drop database if exists "{database}" with (force)')


AIRFLOW_SERVICES = (
    *("airflow", "airflow-migrate", "airflow-scheduler", "airflow-dag-processor"),
    *("airflow-triggerer", "airflow-worker"),
)


@pytest.mark.parametrize("name", AIRFLOW_SERVICES)
def test_airflow_reads_its_secrets(deployment: Deployment, containers: dict[str, Any], name: str) -> None:
    ask = (
        "from airflow.configuration import conf; "
        "[print('told:', conf.get(*option.split('.'))) for option in "
        "('database.sql_alchemy_conn', 'core.fernet_key', 'api.secret_key', 'api_auth.jwt_secret')]"
    )
    kept = {path.name: path.read_text() for path in deployment.secrets.iterdir()}

    done = deployment.run(containers[name], [sys.executable, "-c", ask])

    assert [line.removeprefix("told: ") for line in done.stdout.splitlines() if line.startswith("told: ")] == [
        f"postgresql+psycopg2://macrofolio_airflow:{kept['airflow_db_password']}@db/airflow",
        kept["airflow_fernet_key"],
        kept["airflow_jwt_secret"],
        kept["airflow_jwt_secret"],
    ], done.stderr


def test_the_results_of_celery_are_kept_in_the_same_database(
    deployment: Deployment, containers: dict[str, Any]
) -> None:
    ask = "from airflow.providers.celery.executors.celery_executor import app; print('told:', app.conf.result_backend)"

    done = deployment.run(containers["airflow-worker"], [sys.executable, "-c", ask])

    password = (deployment.secrets / "airflow_db_password").read_text()
    assert f"told: db+postgresql+psycopg2://macrofolio_airflow:{password}@db/airflow" in done.stdout, done.stderr


def test_the_login_of_airflow_is_the_one_that_was_made(deployment: Deployment, containers: dict[str, Any]) -> None:
    """Airflow writes into its file of passwords when it lacks one of its users."""
    initialise = (
        "from pathlib import Path; from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import "
        "SimpleAuthManager as M; M().init(); print('told:', Path(M.get_generated_password_file()).read_text())"
    )

    done = deployment.run(containers["airflow"], [sys.executable, "-c", initialise])

    assert f"told: {(deployment.secrets / 'airflow_passwords').read_text()}" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["dbt-build", "dbt-docs", "airflow-scheduler", "airflow-worker"])
def test_dbt_gets_its_password(deployment: Deployment, containers: dict[str, Any], name: str) -> None:
    done = deployment.run(containers[name], ["sh", "-c", 'echo "$DBT_DB_PASSWORD"'])

    assert done.stdout.strip() == (deployment.secrets / "dbt_db_password").read_text()


def test_the_webhook_gets_its_address(deployment: Deployment, containers: dict[str, Any]) -> None:
    file = deployment.secrets / "alert_webhook_url"
    file.write_text("https://chat.example.org/hooks/abc\n")
    try:
        done = deployment.run(containers["airflow-scheduler"], ["sh", "-c", 'echo "$ALERT_WEBHOOK_URL"'])
    finally:
        file.write_text("")

    assert done.stdout.strip() == "https://chat.example.org/hooks/abc"


@pytest.mark.parametrize("setting", ["DASHBOARD_TRUSTED_PROXIES", "SESSION_DAYS"])
def test_an_empty_setting_is_the_default(setting: str) -> None:
    """Docker Compose passes on what stands empty in .env."""
    environment = os.environ | {"DASHBOARD_SECRET_KEY": secrets.token_urlsafe(48), setting: ""}
    environment |= {"DASHBOARD_PORT": str(free_port())}

    done = subprocess.run(
        [BIN / SERVERS["app"][0], *SERVERS["app"][1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
