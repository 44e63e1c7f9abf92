"""The ports of a stack: which it takes, and what it says when one is taken."""

import socket

import pytest

from scripts.home import PORTS, Home, LauncherError, free_port


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
