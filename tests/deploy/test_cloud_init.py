"""What an empty VM is told to do, as far as it can be read; docs/operations.md says what of it was run."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.launcher.home import ROOT

FILE = ROOT / "deploy" / "cloud-init.yaml"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return content


@pytest.fixture(scope="module")
def script(told: dict[str, Any]) -> str:
    """What the last of its commands runs."""
    ((path,),) = told["runcmd"]
    (file,) = (file for file in told["write_files"] if file["path"] == path)
    assert file["permissions"] == "0755"
    return str(file["content"])


def test_cloud_init_takes_it_for_its_own() -> None:
    assert FILE.read_text().startswith("#cloud-config\n")
    assert len(FILE.read_bytes()) < 16 * 1024  # EC2 takes no more


def test_the_script_is_one(script: str) -> None:
    done = subprocess.run(["/bin/sh", "-n"], input=script, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert script.startswith("#!/bin/sh\nset -eu\n")


def test_what_it_sources_says_what_it_needs_and_is_for_root_alone(told: dict[str, Any], script: str) -> None:
    (settings,) = (file for file in told["write_files"] if file["path"] == "/etc/macrofolio.conf")

    names = set(re.findall(r"^([A-Z_]+)=", settings["content"], re.MULTILINE))
    assert set(re.findall(r"(?<!\\)\$([A-Z_]+)", script)) == names
    assert settings["permissions"] == "0600"


def test_the_firewall_lets_in_what_the_proxy_publishes_and_ssh(containers: dict[str, Any], script: str) -> None:
    public = {
        f"{port['published']}/{port['protocol']}"
        for port in containers["proxy"]["ports"]
        if not port["host_ip"].startswith("127.")
    }

    assert set(re.findall(r"^ufw allow (\S+)$", script, re.MULTILINE)) == public
    assert re.findall(r"^ufw limit (\S+)$", script, re.MULTILINE) == ["22/tcp"]
    assert script.index("ufw default deny incoming") < script.index("ufw --force enable") < script.index("git clone")


def test_registration_is_closed_before_the_world_comes_in(containers: dict[str, Any], script: str) -> None:
    steps = [line.split(maxsplit=2)[2] for line in script.splitlines() if line.startswith("docker compose")]

    assert steps == [
        "build",
        "up --detach api",
        "exec --no-TTY api python -m auth_service.admin close-registration",
        "up --detach",
    ]
    waits_for, reached = ["api"], set[str]()
    while waits_for:
        name = waits_for.pop()
        reached.add(name)
        waits_for += containers[name].get("depends_on", {})
    assert {name for name in reached if containers[name].get("ports")} == set()


def test_a_second_run_keeps_what_the_first_has_made(script: str) -> None:
    steps = [line for line in script.splitlines() if "git clone" in line or "scripts.env" in line]

    assert [step.split(" || ")[0] for step in steps] == ["[ -d /opt/macrofolio ]", "[ -e .env ]"]


def test_the_key_of_deployments_may_call_the_updater_and_nothing_else(
    told: dict[str, Any], script: str, tmp_path: Path
) -> None:
    key, updater = "ssh-ed25519 AAAA of GitHub", "/usr/local/sbin/update-macrofolio"
    begin, end = script.index("  cat > /home"), script.index("fi\n", script.index("\nEND\n"))
    subprocess.run(
        ["/bin/sh", "-c", script[begin:end].replace("/home/deploy/.ssh", str(tmp_path))],
        env={"DEPLOY_KEY": key, "SSH_ORIGINAL_COMMAND": "of nobody"},
        check=True,
    )

    line = (tmp_path / "authorized_keys").read_text()
    assert line == f'restrict,command="sudo {updater} \\"$SSH_ORIGINAL_COMMAND\\"" {key}\n'
    assert [user for user in told["users"] if user != "default"] == [
        {"name": "deploy", "shell": "/bin/sh", "sudo": f"ALL=(root) NOPASSWD: {updater}"}
    ]
    assert 'DEPLOY_KEY=""' in str(told["write_files"])


@pytest.mark.parametrize("name", ["update-macrofolio", "watch-macrofolio"])
def test_what_it_calls_of_the_checkout_is_there_to_be_run(told: dict[str, Any], name: str) -> None:
    callers = [file for file in told["write_files"] if f"/opt/macrofolio/deploy/{name}" in file["content"]]

    assert [file["path"] for file in callers] == [
        {
            "update-macrofolio": "/usr/local/sbin/update-macrofolio",
            "watch-macrofolio": "/etc/systemd/system/watch-macrofolio.service",
        }[name]
    ]
    assert os.access(ROOT / "deploy" / name, os.X_OK)


def test_the_machine_keeps_itself_up_to_date(told: dict[str, Any]) -> None:
    assert "unattended-upgrades" in told["packages"]
    settings = "".join(file["content"] for file in told["write_files"])
    for line in ('APT::Periodic::Unattended-Upgrade "1";', 'Unattended-Upgrade::Automatic-Reboot "true";'):
        assert line in settings
    assert told["ssh_pwauth"] is False
