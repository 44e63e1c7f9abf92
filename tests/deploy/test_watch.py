"""The webhook is told what is wrong with the containers and the disks of a machine: once, and once when it is over."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.launcher.home import ROOT, free_port
from tests.stack.conftest import Listener

# Stand-ins: Docker prints what the test wrote down, df too where there is something, and else it is the real one.
DOCKER = """#!/bin/sh
[ "$*" = "compose ps --all --format json" ] && cat ps
"""
DF = """#!/bin/sh
if [ -e df ]; then cat df; else exec /usr/bin/df "$@"; fi
"""
# One line of `docker compose ps --all --format json` for each container, in the form of Docker Compose 5.6.1.
DB = json.loads(r"""
{"Command":"\"docker-entrypoint.s…\"","CreatedAt":"2026-01-01 00:00:00 +0000 UTC","Engine":"","ExitCode":0,
"Health":"healthy","ID":"7b1c6d0a9f13","Image":"postgres:18.6-trixie","Labels":"com.docker.compose.project=macrofolio",
"LocalVolumes":"1","Mounts":"","Name":"macrofolio-db-1","Names":"macrofolio-db-1","Networks":"","Ports":"",
"Project":"macrofolio","Publishers":[],"RunningFor":"3 hours ago","Service":"db","Size":"0B","State":"running",
"Status":"Up 3 hours (healthy)"}
""")
MIGRATE = DB | {"Service": "migrate", "State": "exited", "Health": "", "Status": "Exited (0) 3 hours ago"}


@dataclass(frozen=True)
class Machine:
    """A folder like that of the deployment, with the programs that are asked about it."""

    folder: Path
    listener: Listener

    def has(self, **containers: Mapping[str, object]) -> None:
        """What `docker compose ps` says: the lines of `db`, `migrate`, and others like `db` but for what is told."""
        others = [DB | {"Service": name.replace("_", "-"), **how} for name, how in containers.items()]
        (self.folder / "ps").write_text("".join(f"{json.dumps(row)}\n" for row in (MIGRATE, DB, *others)))

    def look(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "deploy" / "watch-macrofolio"],
            env={"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "STATE_DIRECTORY": str(self.folder / "state")},
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self) -> list[list[str]]:
        """The complaints of each message, after one more look."""
        assert self.look().returncode == 0
        return [json.loads(body)["complaints"] for body in self.listener.bodies("/alerts")]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def machine(tmp_path: Path, listener: Listener) -> Machine:
    for name in ("deploy", "secrets", "bin", "state"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "deploy" / "watch-macrofolio", tmp_path / "deploy")
    for name, text in (("docker", DOCKER), ("df", DF)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "secrets" / "alert_webhook_url").write_text(f"http://127.0.0.1:{listener.port}/alerts\n")
    disks(tmp_path, "/dev/vda1 41% /")
    machine = Machine(tmp_path, listener)
    machine.has()
    return machine


def disks(folder: Path, *lines: str) -> None:
    (folder / "df").write_text("\n".join(["Filesystem Use% Mounted on", *lines, ""]))


UNHEALTHY = {"Health": "unhealthy", "Status": "Up 3 hours (unhealthy)"}
RESTARTING = {"State": "restarting", "Health": "unhealthy", "Status": "Restarting (1) 12 seconds ago"}
STARTING = {"Health": "starting", "Status": "Up 4 seconds (health: starting)"}


def test_nobody_is_told_that_all_is_well(machine: Machine) -> None:
    assert machine.told() == []


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        (UNHEALTHY, "airflow-scheduler is unhealthy"),
        (RESTARTING, "airflow-scheduler is restarting"),
        ({"State": "dead", "Health": ""}, "airflow-scheduler is dead"),
        ({"State": "exited", "ExitCode": 137, "Health": "unhealthy"}, "airflow-scheduler ended with exit code 137"),
    ],
)
def test_a_container_that_is_not_well_is_told(machine: Machine, how: Mapping[str, object], complaint: str) -> None:
    machine.has(airflow_scheduler=how)

    assert machine.told() == [[complaint]]
    (body,) = machine.listener.bodies("/alerts")
    host = socket.gethostname()
    assert json.loads(body) == {
        "text": f"Macrofolio on {host}: {complaint}",
        "host": host,
        "complaints": [complaint],
    }


def test_the_same_is_told_once_and_then_that_it_is_over(machine: Machine) -> None:
    machine.has(api=UNHEALTHY)
    machine.told()
    machine.has(api=UNHEALTHY | {"Status": "Up 4 hours (unhealthy)"})
    assert machine.told() == [["api is unhealthy"]]

    machine.has(api=UNHEALTHY, app=RESTARTING)
    assert machine.told()[1:] == [["api is unhealthy", "app is restarting"]]

    machine.has(api={}, app={})
    assert machine.told()[2:] == [[]]
    assert json.loads(machine.listener.bodies("/alerts")[-1])["text"].endswith(": all is well again")
    assert len(machine.told()) == 3


def test_what_has_just_started_again_is_not_well_yet(machine: Machine) -> None:
    machine.has(airflow=RESTARTING)
    machine.told()
    machine.has(airflow=STARTING, airflow_scheduler=STARTING)

    assert machine.told() == [["airflow is restarting"]]


def test_a_disk_is_told_before_it_is_full(machine: Machine) -> None:
    disks(machine.folder, "tmpfs 99% /run", "/dev/vda1 85% /", "/dev/sdb 86% /mnt/back ups")

    assert machine.told() == [["the disk at /mnt/back ups is more than 85 % full"]]


def test_the_real_df_is_understood(machine: Machine) -> None:
    (machine.folder / "df").unlink()

    done = machine.look()

    assert (done.returncode, done.stderr) == (0, "")


def test_a_machine_without_a_container_is_told(machine: Machine) -> None:
    (machine.folder / "ps").write_text("")
    assert machine.told() == [["no container runs"]]

    (machine.folder / "ps").unlink()
    assert machine.told()[1:] == [["docker compose ps fails"]]


def test_without_an_address_nobody_is_told_until_there_is_one(machine: Machine) -> None:
    address = machine.folder / "secrets" / "alert_webhook_url"
    url = address.read_text()
    address.write_text("")
    machine.has(api=UNHEALTHY)
    assert machine.told() == []

    address.write_text(url)
    assert machine.told() == [["api is unhealthy"]]


def test_what_could_not_be_told_is_told_at_the_next_look(machine: Machine) -> None:
    address = machine.folder / "secrets" / "alert_webhook_url"
    url = address.read_text()
    machine.has(api=UNHEALTHY)
    address.write_text(f"http://127.0.0.1:{free_port()}/alerts")

    done = machine.look()

    assert done.returncode == 1
    assert done.stderr.startswith("The webhook of secrets/alert_webhook_url was not told (")
    assert "api is unhealthy" in done.stderr
    address.write_text(url)
    assert machine.told() == [["api is unhealthy"]]
