"""What runs: each service's command, environment and health check, and the steps that come before.

The containers in docker-compose.yml run the same commands; a test keeps the two in sync.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.launcher.home import ROOT, Home

BIN = Path(sys.executable).parent
AIRFLOW_SECRETS = ("AIRFLOW_DB_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY")
SIGN_IN_SETTINGS = (
    "SESSION_LIFETIME",
    *("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_REDIRECT_URI", "OIDC_NAME"),
)
SIGN_IN_FILE = "sign_in.json"  # the sign-in settings of the last start
SOURCE_SETTINGS = ("PRICE_SOURCE", "MACRO_SOURCE", "FILES_SOURCE_DIR", "FRED_API_KEY")


@dataclass(frozen=True)
class Service:
    """One long-running process, or one step that runs before them.

    Args:
        command: Program (in our environment's bin folder) and arguments.
        secrets: Names of the secrets it gets.
        health: Path of its health page on `port`, if it has one.

    """

    name: str
    command: tuple[str, ...]
    secrets: tuple[str, ...]
    port: str = ""
    health: str = ""
    fetches: bool = False

    def argv(self) -> list[str]:
        return [str(BIN / self.command[0]), *self.command[1:]]

    def environment(self, home: Home, sources: Mapping[str, str]) -> dict[str, str]:
        """All of the process's variables; `sources` says where prices and macro series come from."""
        environment = home.environment(*self.secrets)
        if self.fetches:
            environment |= {"YAHOO_CACHE_DIR": str(home.folder / "yahoo"), **sources}
        if self.name == "api":
            environment |= home.remembered(SIGN_IN_FILE)
        if self.name.startswith("airflow"):
            environment |= airflow_settings(home)
        if self in DBT_TARGETS:
            environment |= {
                "DBT_PROJECT_DIR": str(ROOT / "dbt"),
                "DBT_PROFILES_DIR": str(ROOT / "dbt"),
                "DBT_TARGET_PATH": str(home.folder / DBT_TARGETS[self]),
                "DBT_LOG_PATH": str(home.logs / "dbt"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            }
        return environment


def airflow_settings(home: Home) -> dict[str, str]:
    """Airflow's settings that differ between stacks; the others are in dags/config/airflow.cfg."""
    secrets = home.secrets
    database = f"macrofolio_airflow:{secrets['AIRFLOW_DB_PASSWORD']}@127.0.0.1:{home.ports['POSTGRES_PORT']}/airflow"
    return {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "dags" / "config")]),
        "AIRFLOW_HOME": str(home.folder / "airflow"),
        "AIRFLOW_CONFIG": str(ROOT / "dags" / "config" / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "AIRFLOW__CORE__FERNET_KEY": secrets["AIRFLOW_FERNET_KEY"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{home.url('AIRFLOW_PORT')}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.folder / "airflow_passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(home.ports["AIRFLOW_PORT"]),
        "AIRFLOW__API__BASE_URL": home.url("AIRFLOW_PORT"),
        "AIRFLOW__API__SECRET_KEY": secrets["AIRFLOW_JWT_SECRET"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["AIRFLOW_JWT_SECRET"],
        "AIRFLOW__COSMOS__CACHE_DIR": str(home.folder / "airflow" / "cosmos"),
        "AIRFLOW__COSMOS__DBT_DOCS_PROJECTS": json.dumps(
            {"macrofolio": {"dir": str(home.folder / "dbt-docs"), "name": "dbt docs"}}
        ),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.logs / "airflow"),
        # Not DBT_TARGET_PATH: every task writes its own target, and none may overwrite this file.
        "DBT_MANIFEST_PATH": str(home.folder / "dbt" / "manifest.json"),
        "DBT_LOG_PATH": str(home.logs / "dbt"),
        # Unit tests check the code before deployment; data tests run with the data.
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


TASK_SECRETS = (*AIRFLOW_SECRETS, "INGESTION_DB_PASSWORD", "DBT_DB_PASSWORD")

# In this order; the first two need only PostgreSQL and run in parallel.
MIGRATE = Service(
    "migrate",
    ("python", "-m", "migrations"),
    (
        *("POSTGRES_PASSWORD", "OWNER_DB_PASSWORD", "API_DB_PASSWORD", "READER_DB_PASSWORD"),
        *("INGESTION_DB_PASSWORD", "DBT_DB_PASSWORD", "AIRFLOW_DB_PASSWORD", "BACKUP_DB_PASSWORD"),
    ),
)
AIRFLOW_MIGRATE = Service("airflow-migrate", ("airflow", "db", "migrate"), AIRFLOW_SECRETS)
# Creates every relation, so that the API and each DAG find them, and writes the manifest the DAGs are built from.
BUILD_MODELS = Service(
    "dbt-build",
    ("dbt", "build", "--quiet", "--exclude-resource-type", "test", "unit_test"),
    ("DBT_DB_PASSWORD",),
)
# Builds the model docs, in a target of its own: the DAGs are built from the other manifest and may be reading it now.
DOCUMENT_MODELS = Service("dbt-docs", ("python", "-m", "dags.model_docs"), ("DBT_DB_PASSWORD",))
DBT_TARGETS = {BUILD_MODELS: "dbt", DOCUMENT_MODELS: "dbt-docs"}
# Only by hand, with the arguments of `make backup` and `make restore`.
MAKE_ROLES = Service("roles", ("python", "-m", "migrations.roles"), MIGRATE.secrets)
BACK_UP = Service("backup", ("python", "-m", "backup", "create"), ("BACKUP_DB_PASSWORD",))
RESTORE = Service("restore", ("python", "-m", "backup", "restore"), MIGRATE.secrets)

SERVICES = (
    Service(
        "api",
        ("gunicorn", "--config", "auth_service/gunicorn.conf.py", "auth_service.app:create_app()"),
        ("API_DB_PASSWORD", "READER_DB_PASSWORD", "INGESTION_DB_PASSWORD", "JWT_SECRET_KEY"),
        port="API_PORT",
        health="/health/ready",
        fetches=True,
    ),
    Service(
        "dashboard",
        ("gunicorn", "--config", "dashboard/gunicorn.conf.py", "dashboard.app:create_server()"),
        ("DASHBOARD_SECRET_KEY",),
        port="DASHBOARD_PORT",
        health="/health/live",
    ),
    Service(
        "airflow-api-server",
        ("airflow", "api-server"),
        AIRFLOW_SECRETS,
        port="AIRFLOW_PORT",
        # Airflow builds the API for its tasks on first use, which takes five seconds: don't let the first trade wait
        # for that.
        health="/execution/health",
    ),
    Service("airflow-scheduler", ("airflow", "scheduler", "--skip-serve-logs"), TASK_SECRETS, fetches=True),
    Service("airflow-dag-processor", ("airflow", "dag-processor"), TASK_SECRETS),
    Service("airflow-triggerer", ("airflow", "triggerer", "--skip-serve-logs"), TASK_SECRETS),
)
