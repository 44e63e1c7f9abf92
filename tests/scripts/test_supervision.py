"""A real supervisord over small programs: what dies is started again, said, and given up when it keeps dying."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from scripts.launcher import stack
from scripts.launcher.death_watch import DeathWatch, follow
from scripts.launcher.deaths import Deaths, known_deaths, remember_deaths
from scripts.launcher.home import PORTS, ROOT, Home, LauncherError, free_port
from scripts.launcher.supervision import Program, Supervisor, marked_processes
from tests.support.platform import wait_until

AT_ONCE = {"startsecs": "0"}  # counts as started without having lived for two seconds


@dataclass(frozen=True)
class Watched:
    """A running supervisord with a few programs."""

    home: Home

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.home)

    @property
    def said(self) -> list[str]:
        return (self.home.logs / "supervision.log").read_text().splitlines()

    def status(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "scripts.launcher.stack", "status"],
            env=os.environ | self.home.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def sentences(self, *words: str) -> list[str]:
        """Wait until sentences of supervision.log contain all of `words`, and return those."""

        def found() -> list[str]:
            return [line for line in self.said if all(word in line for word in words)]

        wait_until(lambda: bool(found()), f"supervision.log says {words}", seconds=20)
        return found()

    def process(self, command: str) -> psutil.Process:
        """Wait until a process runs whose command line ends in `command`."""

        def running() -> list[psutil.Process]:
            return [process for process in marked_processes(self.home) if command_line(process).endswith(command)]

        wait_until(lambda: len(running()) == 1, f"{command} runs", seconds=20)
        return running()[0]

    def wait_for_state(self, program: str, state: str) -> None:
        wait_until(lambda: self.supervisor.states()[program] == state, f"{program} is {state}", seconds=20)


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def supervisord(*programs: Program) -> Iterator[Watched]:
    """Programs under supervisord; all have ended afterwards."""
    home = Home(Path(tempfile.mkdtemp(prefix="macrofolio-watch-")), {name: free_port() for name in PORTS})
    home.logs.mkdir()
    home.write_logins()
    remember_deaths(home, {program.name: Deaths(7) for program in programs})  # of a stack that ran here before
    Supervisor(home).start(programs)
    try:
        yield Watched(home)
    finally:
        Supervisor(home).stop()
        left = marked_processes(home)
        shutil.rmtree(home.folder)
    assert left == []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, PORTS)


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """One supervisord, of which each test uses programs of its own."""
    with supervisord(
        Program("killed", ["sleep", "1001"], AT_ONCE),
        Program("killed-too", ["sleep", "1002"], AT_ONCE),
        Program("stopped", ["sleep", "1003"], AT_ONCE),
        Program("killed-after-the-stop", ["sleep", "1004"], AT_ONCE),
        Program("parent", ["sh", "-c", "sleep 1005 & exec sleep 1006"], AT_ONCE),
        Program("failing", ["false"], AT_ONCE),
        Program("never-up", ["false"], {"startretries": "0"}),
    ) as watched:
        watched.wait_for_state("supervision", "RUNNING")
        yield watched


def test_a_killed_program_is_started_again_and_it_is_said(watched: Watched) -> None:
    first = watched.process("sleep 1001")
    first.kill()

    [line] = watched.sentences("killed died")
    assert line.endswith(
        " UTC killed died (killed or failed) and is restarting: death 1 of at most 5 in 10 minutes. "
        f"Its log: {watched.home.logs}/killed.log"
    )
    assert watched.process("sleep 1001").pid != first.pid
    assert known_deaths(watched.home)["killed"].total == 1


def test_what_a_killed_program_leaves_behind_is_ended(watched: Watched) -> None:
    child = watched.process("sleep 1005")
    watched.process("sleep 1006").kill()

    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child has ended", 20)
    assert watched.process("sleep 1005").pid != child.pid  # the new one's


def test_a_program_that_keeps_dying_is_given_up(watched: Watched) -> None:
    [line, *_] = watched.sentences("failing died", "was given up: this was death 5 in 10 minutes")

    assert "run make down and make demo or make up" in line
    watched.wait_for_state("failing", "STOPPED")
    assert len(watched.sentences("failing died", "is restarting")) == 4


def test_a_program_that_never_comes_up_is_given_up(watched: Watched) -> None:
    watched.sentences("never-up died (ended soon after its start) and was given up")

    assert watched.supervisor.states()["never-up"] == "FATAL"


def test_a_deliberate_stop_is_no_death(watched: Watched) -> None:
    watched.process("sleep 1003")
    watched.supervisor.stop_service("stopped")
    watched.wait_for_state("stopped", "STOPPED")
    watched.process("sleep 1004").kill()

    watched.sentences("killed-after-the-stop died")  # so what came before would have been said by now
    assert "stopped" not in known_deaths(watched.home)
    watched.supervisor.stop_service("stopped")  # is no error when there is nothing to stop


def test_the_count_outlives_the_process_that_counts(watched: Watched) -> None:
    watched.process("sleep 1002").kill()
    watched.sentences("killed-too died", "death 1 of")
    watched.process("scripts.launcher.death_watch").kill()
    watched.sentences("supervision died", "death 1 of")
    watched.process("sleep 1002").kill()

    watched.sentences("killed-too died", "death 2 of")


def test_status_shows_what_died_and_fails_while_something_does_not_run(watched: Watched) -> None:
    [given_up, *_] = watched.sentences("never-up died", "was given up")
    status = watched.status()

    lines = status.stdout.splitlines()
    assert ["never-up", "FATAL", "deaths:", "1"] in [line.split() for line in lines]
    assert f"    {given_up}" in lines
    assert "never-up" in status.stderr
    assert status.returncode == 1


def test_a_stop_of_everything_is_no_death() -> None:
    with supervisord(Program("sleeper", ["sleep", "1005"], AT_ONCE)) as watched:
        watched.wait_for_state("supervision", "RUNNING")
        watched.process("sleep 1005")
        assert watched.status().returncode == 0
        watched.supervisor.stop()

        assert watched.said == []


def test_the_watch_ends_when_supervisord_is_killed() -> None:
    with supervisord() as watched:
        watch = watched.process("scripts.launcher.death_watch")
        watched.process(f"{watched.home.folder}/supervisord.conf").kill()

        wait_until(lambda: not watch.is_running(), "the watch has ended", seconds=20)


class FakeSupervisor(Supervisor):
    """Tells the states it was given, and remembers what it was asked to stop."""

    def __init__(self, home: Home, states: dict[str, str]) -> None:
        super().__init__(home)
        self.told = states
        self.stopped: list[str] = []

    def states(self) -> dict[str, str]:
        return self.told

    def stop_service(self, name: str) -> None:
        self.stopped.append(name)


def tell(supervisor: Supervisor, *payloads: str) -> str:
    """Give the watch one event of a death for each payload; returns its answers."""
    events = "".join(f"eventname:PROCESS_STATE_EXITED len:{len(payload)}\n{payload}" for payload in payloads)
    answers = io.StringIO()
    follow(DeathWatch(supervisor), io.StringIO(events), answers)
    return answers.getvalue()


def test_an_event_that_makes_no_sense_does_not_end_the_watch(home: Home) -> None:
    answers = tell(
        FakeSupervisor(home, {}), "groupname:api", "no name and no value", "processname:api expected:0 pid:0"
    )

    assert answers == "READY\nRESULT 2\nOK" * 3 + "READY\n"
    assert known_deaths(home)["api"].total == 1


@pytest.mark.parametrize(("state", "counted"), [("RUNNING", 1), ("STARTING", 0), ("BACKOFF", 0)])
def test_a_death_counts_only_while_the_database_runs(home: Home, state: str, counted: int) -> None:
    supervisor = FakeSupervisor(home, {"postgres": state})
    tell(supervisor, "processname:api expected:0 pid:0")

    assert len(known_deaths(home)["api"].recent) == counted
    assert supervisor.stopped == []


def test_a_service_that_dies_after_the_database_was_given_up_is_not_started_again(home: Home) -> None:
    remember_deaths(home, {"postgres": Deaths(5, given_up="postgres died and was given up")})
    supervisor = FakeSupervisor(home, {"postgres": "STOPPED"})
    tell(supervisor, "processname:api expected:0 pid:0")

    assert supervisor.stopped == ["api"]


def test_a_start_ends_with_the_sentence_about_what_was_given_up(home: Home) -> None:
    remember_deaths(home, {"api": Deaths(5, given_up="api died and was given up")})

    with pytest.raises(LauncherError, match=r"^api died and was given up$"):
        stack._wait_for("api", home, FakeSupervisor(home, {"api": "STOPPED"}), lambda: False)
