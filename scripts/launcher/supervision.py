"""Keeps the services running: supervisord, its settings, and the clean-up after it was killed."""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from scripts.launcher.deaths import remember_deaths
from scripts.launcher.home import ROOT, STACK_MARK, Home, LauncherError
from scripts.launcher.services import SERVICES

LONGEST_SOCKET_PATH = 100

MAIN = """\
[unix_http_server]
file = {socket}
chmod = 0700

[supervisord]
logfile = {logs}/supervisord.log
pidfile = {home}/supervisord.pid
childlogdir = {logs}
directory = {root}
umask = 077

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[eventlistener:supervision]
command = {watch}
events = PROCESS_STATE_EXITED,PROCESS_STATE_BACKOFF,PROCESS_STATE_FATAL,SUPERVISOR_STATE_CHANGE_STOPPING
buffer_size = 100
autorestart = true
stdout_logfile = NONE
stderr_logfile = {logs}/supervision.log
stderr_logfile_maxbytes = 10MB
stderr_logfile_backups = 3
"""

PROGRAM = """
[program:{name}]
command = {command}
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
{settings}
"""

# For every program. scripts/launcher/death_watch.py gives up one that keeps dying.
KEPT_RUNNING = {
    "autorestart": "true",
    "startsecs": "2",
    "startretries": "20",
    "stopwaitsecs": "20",
    "stopasgroup": "true",
    "killasgroup": "true",
}


@dataclass(frozen=True)
class Program:
    """One process that supervisord keeps running.

    Args:
        settings: Settings of supervisord that differ from KEPT_RUNNING, or that only this program has.

    """

    name: str
    command: list[str]
    settings: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """The supervisord of one stack."""

    def __init__(self, home: Home) -> None:
        self.home = home
        socket = home.folder / "supervisor.sock"
        if len(str(socket)) > LONGEST_SOCKET_PATH:  # the kernel's limit for a socket's name
            socket = Path("/tmp") / f"macrofolio-{sha256(str(socket).encode()).hexdigest()[:16]}.sock"  # noqa: S108
        self.socket = socket

    def runs(self) -> bool:
        """True when our supervisord answers."""
        try:
            self._call("getPID")
        except (OSError, Fault):
            return False
        return True

    def start(self, programs: Iterable[Program]) -> None:
        """Start supervisord with those of `programs` that don't wait for `start_service`; it outlives us."""
        settings = self.home.write("supervisord.conf", self._settings(programs))
        remember_deaths(self.home, {})
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(settings)],
            env=self.home.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LauncherError(f"The supervisor did not start: {(done.stderr or done.stdout).strip()}")

    def start_service(self, name: str) -> None:
        self._call("startProcess", name, False)

    def stop_service(self, name: str) -> None:
        """Stop a service without waiting for its end; does nothing if it isn't running."""
        try:
            self._call("stopProcess", name, False)
        except Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise

    def states(self) -> dict[str, str]:
        """Each service's state by name, in supervisord's words (RUNNING, STARTING, BACKOFF, FATAL, …)."""
        return {process["name"]: process["statename"] for process in self._call("getAllProcessInfo")}

    def stop(self) -> None:
        """Stop everything that belongs to this stack, in whatever state it is; PostgreSQL last."""
        if self.runs():
            supervisord = psutil.Process(self._call("getPID"))
            self._call("shutdown")
            psutil.wait_procs([supervisord], timeout=60)
        leftovers = marked_processes(self.home)
        _terminate(leftovers)
        self.home.postgres.stop()
        self.socket.unlink(missing_ok=True)

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(serverurl=f"unix://{self.socket}")
        try:
            # A dummy address for the client: the transport knows the socket.
            server = ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(server.supervisor, method)(*arguments)
        finally:
            transport.close()

    def _settings(self, programs: Iterable[Program]) -> str:
        places = {
            "socket": self.socket,
            "logs": self.home.logs,
            "home": self.home.folder,
            "root": ROOT,
            "watch": shlex.join([sys.executable, "-m", "scripts.launcher.death_watch"]),
        }
        main = MAIN.format_map({name: _literal(value) for name, value in places.items()})
        return main + "".join(_section(self.home, program) for program in programs)


def stack_programs(home: Home) -> list[Program]:
    """PostgreSQL, which starts with supervisord, and the services, which wait until the database is ready."""
    postgres = home.postgres
    # Signal only the server: it ends its own processes in order.
    settings = {"stopsignal": "INT", "stopasgroup": "false", "priority": "1"}
    if account := postgres.account():
        settings["user"] = account
    services = [
        Program(
            service.name, [sys.executable, "-m", "scripts.launcher.run_service", service.name], {"autostart": "false"}
        )
        for service in SERVICES
    ]
    return [Program("postgres", postgres.command(), settings), *services]


def marked_processes(home: Home) -> list[psutil.Process]:
    """Every process descended from this stack's supervisor, even if the supervisor itself was killed."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(STACK_MARK) == str(home.folder) and process.pid != psutil.Process().pid:
                found.append(process)
    return found


def end_group(home: Home, leader: int) -> None:
    """Kill what is left of a service whose first process, `leader`, has died.

    Children keep their parent's resources: the port that the next one needs, or a connection to PostgreSQL with its
    transaction and locks.
    """
    for process in marked_processes(home):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(process.pid) == leader:
                process.kill()


def _terminate(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=15)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=15)


def _section(home: Home, program: Program) -> str:
    settings = KEPT_RUNNING | dict(program.settings)
    return PROGRAM.format(
        name=program.name,
        command=_literal(shlex.join(program.command)),
        logs=_literal(home.logs),
        settings="\n".join(f"{name} = {value}" for name, value in settings.items()),
    )


def _literal(value: object) -> str:
    """Text that supervisord's settings take literally: a percent sign would be expanded."""
    return str(value).replace("%", "%%")
