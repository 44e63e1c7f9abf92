"""The containers and the launcher run the same commands, so that the two can't drift apart; and each is held tight."""

import json
import re
import subprocess
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from scripts.launcher.embedded_postgres import ALLOCATOR, INSTALLATION
from scripts.launcher.home import ROOT
from scripts.launcher.services import (
    AIRFLOW_MIGRATE,
    BACK_UP,
    BUILD_MODELS,
    DOCUMENT_MODELS,
    MIGRATE,
    RESTORE,
    SERVICES,
    SIGN_IN_SETTINGS,
    Service,
)
from scripts.launcher.supervision import KEPT_RUNNING
from tests.deploy.conftest import Deployment

STEPS = (MIGRATE, AIRFLOW_MIGRATE, BUILD_MODELS, DOCUMENT_MODELS)
CONTAINER_NAMES = {"dashboard": "app", "airflow-api-server": "airflow"}
# What the launcher doesn't start: its tasks run beside the scheduler (tests/stack/test_celery.py starts these).
OF_CELERY = {"queue", "airflow-worker"}
BACKUPS = {"backup", "restore"}
PROXIES = {"proxy", "proxy-local"}


@pytest.mark.parametrize("service", [*STEPS, *SERVICES], ids=lambda s: s.name)
def test_a_container_runs_the_launchers_command_with_the_same_secrets(
    containers: dict[str, Any], service: Service
) -> None:
    container = containers[CONTAINER_NAMES.get(service.name, service.name)]

    assert tuple(container["command"]) == service.command
    given = {secret["source"].upper() for secret in container["secrets"]}
    assert set(service.secrets) - given == set()
    # What others gave, and the login of Airflow, which the launcher keeps elsewhere.
    assert given - set(service.secrets) <= {
        "OIDC_CLIENT_SECRET",
        "FRED_API_KEY",
        "ALERT_WEBHOOK_URL",
        "AIRFLOW_PASSWORDS",
    }


def test_the_api_alone_gets_the_settings_of_signing_in(containers: dict[str, Any]) -> None:
    for name, container in containers.items():
        secrets = {secret["source"].upper() for secret in container.get("secrets", ())}
        given = set(SIGN_IN_SETTINGS) & (set(container.get("environment", {})) | secrets)
        assert given == (set(SIGN_IN_SETTINGS) if name == "api" else set()), name


def test_every_container_is_one_of_the_launchers_services(containers: dict[str, Any]) -> None:
    names = {CONTAINER_NAMES.get(service.name, service.name) for service in (*STEPS, *SERVICES)}
    assert set(containers) == names | {"db", "airflow-clean"} | BACKUPS | OF_CELERY | PROXIES


def test_backups_are_taken_by_the_launchers_module_and_only_what_restores_has_more_than_their_password(
    containers: dict[str, Any],
) -> None:
    backup, restore, migrate = (containers[name] for name in ("backup", "restore", "migrate"))

    assert tuple(backup["command"]) == (*BACK_UP.command[:-1], "schedule")
    assert tuple(restore["entrypoint"]) == RESTORE.command
    for container, step in ((backup, BACK_UP), (restore, RESTORE)):
        assert {secret["source"].upper() for secret in container["secrets"]} == set(step.secrets)
    assert backup["volumes"] == restore["volumes"]
    # a restore makes the roles, as the migrations do, and comes before them
    assert migrate["environment"].items() <= restore["environment"].items()
    assert set(restore["depends_on"]) == {"db"}


@pytest.mark.parametrize("name", sorted(BACKUPS))
def test_backups_are_taken_and_restored_only_when_they_are_asked_for(
    deployment: Deployment, containers: dict[str, Any], name: str
) -> None:
    assert containers[name]["profiles"] == [name]
    assert set(deployment.resolved(name)["services"]) & BACKUPS == {name}


@pytest.mark.parametrize(("profile", "proxy"), [("local", "proxy-local"), ("public", "proxy")])
def test_one_proxy_runs(deployment: Deployment, containers: dict[str, Any], profile: str, proxy: str) -> None:
    running = set(deployment.resolved(profile)["services"])

    assert running == set(containers) - OF_CELERY - PROXIES - BACKUPS | {proxy}


def test_workers_and_their_queue_run_only_when_they_are_asked_for(
    deployment: Deployment, containers: dict[str, Any]
) -> None:
    assert {name for name, container in containers.items() if container.get("profiles") == ["celery"]} == OF_CELERY
    assert {name for name, container in containers.items() if "queue" in container["networks"]} == {
        *OF_CELERY,
        "airflow-scheduler",
    }
    executors = [
        deployment.resolved("celery", AIRFLOW_EXECUTOR=asked)["services"]["airflow-scheduler"]["environment"]
        for asked in ("", "CeleryExecutor")
    ]
    assert [each["AIRFLOW__CORE__EXECUTOR"] for each in executors] == ["LocalExecutor", "CeleryExecutor"]


def test_both_run_the_same_postgresql(containers: dict[str, Any]) -> None:
    embedded = (INSTALLATION / "include" / "pg_config.h").read_text()
    version = re.search(r'PG_VERSION "([\d.]+)"', embedded)
    assert version is not None
    assert re.split("[-@]", containers["db"]["image"])[0] == f"postgres:{version[1]}"
    assert ALLOCATOR.items() <= containers["db"]["environment"].items()


def test_images_of_others_are_pinned_to_one_version(containers: dict[str, Any]) -> None:
    foreign = {container["image"] for container in containers.values()} - built_images(containers).keys()
    version = re.compile(r"[a-z/.]+:\d+\.\d+(\.\d+)?-[a-z]+(@sha256:[0-9a-f]{64})?")

    assert len(foreign) == 2
    assert [image for image in foreign if not version.fullmatch(image)] == []


def test_an_image_is_built_once_and_fetched_from_nowhere(deployment: Deployment, containers: dict[str, Any]) -> None:
    assert built_images(containers).pop("macrofolio-proxy") == ["proxy", "proxy-local"]
    for profile in ("local", "public"):
        running = deployment.resolved(profile, "celery", "backup")["services"]
        assert [image for image, builders in built_images(running).items() if len(builders) > 1] == []
    policies = {
        container.get("pull_policy")
        for container in containers.values()
        if container["image"] in built_images(containers) and "build" not in container
    }
    assert policies == {"never"}


def built_images(containers: dict[str, Any]) -> dict[str, list[str]]:
    """By image the containers that build it."""
    builders: dict[str, list[str]] = {}
    for name, container in containers.items():
        if "build" in container:
            builders.setdefault(container["image"], []).append(name)
    return builders


@pytest.mark.threat(41)
def test_no_container_can_become_more_than_it_is(containers: dict[str, Any]) -> None:
    for name, container in containers.items():
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert container.get("cap_add", []) == (["NET_BIND_SERVICE"] if name in PROXIES else []), name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "devices", "network_mode", "pid", "ipc", "volumes_from"} & set(container), name
        # Ours have an account of their own: tests/deploy/test_images.py.
        assert container.get("user") == {"db": "postgres", "queue": "redis"}.get(name), name
        writable = [
            volume
            for volume in container.get("volumes", ())
            if volume["type"] == "bind" and not volume.get("read_only")
        ]
        assert writable == [], name


def test_no_container_can_take_the_whole_machine(containers: dict[str, Any]) -> None:
    for name, container in containers.items():
        assert 0 < int(container["mem_limit"]) <= 2 * 1024**3, name
        assert 0 < container["cpus"] <= 2, name
        assert 0 < container["pids_limit"] <= 300, name
        assert container["logging"] == {"driver": "local", "options": {"max-size": "10m", "max-file": "5"}}, name


def test_what_runs_on_is_started_again_and_says_whether_it_is_well(containers: dict[str, Any]) -> None:
    services = {CONTAINER_NAMES.get(service.name, service.name) for service in SERVICES}
    running_on = services | {"db", "airflow-clean", "backup"} | OF_CELERY | PROXIES
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


def test_only_the_proxy_is_published_and_to_others_only_the_web(containers: dict[str, Any]) -> None:
    published = {
        name: {(port["host_ip"], port["published"], port["protocol"]) for port in container["ports"]}
        for name, container in containers.items()
        if "ports" in container
    }

    everywhere = "0.0.0.0"  # noqa: S104  # what this is about
    assert published == {
        "proxy": {
            (everywhere, "80", "tcp"),
            (everywhere, "443", "tcp"),
            (everywhere, "443", "udp"),
            ("127.0.0.1", "8080", "tcp"),
        },
        "proxy-local": {("127.0.0.1", "8050", "tcp"), ("127.0.0.1", "8080", "tcp")},
    }


def test_who_may_speak_to_whom(resolved: dict[str, Any]) -> None:
    together: dict[str, set[str]] = {name: set() for name in resolved["networks"]}
    for name, container in resolved["services"].items():
        for network in container["networks"]:
            together[network].add(name)

    assert together["web"] == PROXIES | {"app", "api"}
    assert together["console"] == PROXIES | {"airflow"}
    assert together["api-database"] == {"db", "migrate", "api"} | BACKUPS
    assert "db" in together["airflow-database"]
    assert not together["airflow-database"] & (PROXIES | {"app", "api"})
    # Prices, series and certificates are fetched; PostgreSQL and the queue have no way out.
    assert {name for name, network in resolved["networks"].items() if not network.get("internal")} == {"web", "airflow"}
    assert resolved["services"]["db"]["networks"].keys() <= {"api-database", "airflow-database"}


def test_whoever_reaches_the_services_comes_by_one_proxy(containers: dict[str, Any]) -> None:
    assert containers["api"]["environment"]["TRUSTED_PROXIES"] == "1"
    assert containers["app"]["environment"]["DASHBOARD_TRUSTED_PROXIES"] == "1"


def test_no_secret_stands_in_an_environment(deployment: Deployment, resolved: dict[str, Any]) -> None:
    told = json.dumps(resolved)
    contents = {path.name: path.read_text() for path in deployment.secrets.iterdir()}

    assert {name for name, content in contents.items() if content and content in told} == set()


def test_the_metrics_of_the_api_are_told_inside_only(containers: dict[str, Any]) -> None:
    api = containers["api"]

    assert api["expose"] == [api["environment"]["API_METRICS_PORT"]]
    assert "ports" not in api


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
