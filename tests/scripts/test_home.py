"""The ports of a stack, which it takes and what it says when one is taken, and what its services are told."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.launcher.home import PORTS, ROOT, Home, LauncherError, free_port
from scripts.launcher.services import SERVICES

# Says thirty of two hundred ports, and lives until its input ends.
DRAW = """
import sys
from scripts.launcher import home
home.DRAWN_FROM = range(40_000, 40_200)
print(*[home.free_port() for _ in range(30)], flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def ports_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PORTS:
        monkeypatch.setenv(name, str(free_port()))
    monkeypatch.delenv("API_METRICS_PORT", raising=False)


def test_metrics_take_a_port_only_when_they_are_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(Home.from_environment().ports) == set(PORTS)

    monkeypatch.setenv("API_METRICS_PORT", str(free_port()))
    assert set(Home.from_environment().ports) == {*PORTS, "API_METRICS_PORT"}


def test_a_taken_port_of_the_metrics_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("API_METRICS_PORT", str(port))

        with pytest.raises(LauncherError, match=f"Port {port} is in use .* set API_METRICS_PORT"):
            Home.from_environment().refuse_taken_ports()


@pytest.mark.parametrize(
    ("service", "setting"), [("api", "TRUSTED_PROXIES"), ("dashboard", "DASHBOARD_TRUSTED_PROXIES")]
)
def test_a_service_is_told_how_many_proxies_stand_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: str, setting: str
) -> None:
    monkeypatch.setenv("MACROFOLIO_HOME", str(tmp_path))
    monkeypatch.setenv(setting, "2")
    home = Home.from_environment()

    for_supervisor = home.environment()
    for_service = next(one for one in SERVICES if one.name == service).environment(home, {})

    assert (for_supervisor[setting], for_service[setting]) == ("2", "2")


def test_a_free_port_is_given_to_one_process_only() -> None:
    drawing = [
        subprocess.Popen([sys.executable, "-c", DRAW], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = [process.stdout.readline() for process in drawing if process.stdout]
    for process in drawing:
        process.communicate(timeout=60)

    drawn = [port for answer in answers for port in answer.split()]
    assert (len(drawn), len(set(drawn))) == (90, 90)


@pytest.mark.threat(51)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another account")
@pytest.mark.parametrize("name", [".", "supervisord.conf", "logs", "secrets.json"])
def test_a_home_that_somebody_else_has_prepared_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    home = tmp_path / "home"
    home.mkdir()
    if name != ".":
        (home / name).symlink_to(elsewhere)
    os.chown(home / name, 1000, 1000, follow_symlinks=False)
    monkeypatch.setenv("MACROFOLIO_HOME", str(home))

    done = subprocess.run(
        [sys.executable, "-m", "scripts.launcher.stack", "status"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "belongs to another account. Set MACROFOLIO_HOME to a folder of your own" in done.stderr


@pytest.mark.threat(51)
def test_what_is_written_replaces_a_link_and_never_follows_it(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("as it was")
    (tmp_path / "supervisord.conf").symlink_to(elsewhere)

    written = Home(tmp_path, PORTS).write("supervisord.conf", "ours")

    assert (written.read_text(), elsewhere.read_text()) == ("ours", "as it was")
    assert (written.is_symlink(), written.stat().st_mode & 0o777) == (False, 0o600)
