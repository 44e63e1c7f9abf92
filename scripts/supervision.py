"""Keeps the services running: supervisord, its settings, and the clean-up when it was killed itself."""

import contextlib
import shlex
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from scripts.home import ROOT, STACK_MARK, Home, LauncherError
from scripts.services import SERVICES

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
"""

PROGRAM = """
[program:{name}]
command = {command}
autostart = {autostart}
autorestart = true
startsecs = 2
startretries = 20
stopwaitsecs = 20
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


class Supervisor:
    """The supervisord of one stack."""

    def __init__(self, home: Home) -> None:
        self.home = home
        socket = home.folder / "supervisor.sock"
        if len(str(socket)) > LONGEST_SOCKET_PATH:  # the kernel's limit for the name of a socket
            socket = Path("/tmp") / f"macrofolio-{sha256(str(socket).encode()).hexdigest()[:16]}.sock"  # noqa: S108
        self.socket = socket

    def runs(self) -> bool:
        """True when our supervisord answers."""
        try:
            self._call("getPID")
        except (OSError, Fault):
            return False
        return True

    def start(self) -> None:
        """Start supervisord, and with it PostgreSQL; it goes on when we end."""
        settings = self.home.folder / "supervisord.conf"
        settings.write_text(self._settings())
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

    def states(self) -> dict[str, str]:
        """State of every service by name, in supervisord's words (RUNNING, STARTING, BACKOFF, FATAL, …)."""
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
            # The address only satisfies the client: the transport knows the socket.
            server = ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(server.supervisor, method)(*arguments)
        finally:
            transport.close()

    def _settings(self) -> str:
        postgres = self.home.postgres
        programs = [
            _program(self.home, "postgres", postgres.command(), autostart=True)
            + "stopsignal = INT\nstopasgroup = false\npriority = 1\n"
            + (f"user = {postgres.account()}\n" if postgres.account() else "")
        ]
        for service in SERVICES:
            command = [sys.executable, "-m", "scripts.run_service", service.name]
            programs.append(_program(self.home, service.name, command, autostart=False) + "stopasgroup = true\n")
        main = MAIN.format_map({name: _literal(value) for name, value in self._places().items()})
        return main + "".join(programs)

    def _places(self) -> dict[str, object]:
        return {"socket": self.socket, "logs": self.home.logs, "home": self.home.folder, "root": ROOT}


def marked_processes(home: Home) -> list[psutil.Process]:
    """Every process that descends from this stack's supervisor, also when the supervisor itself was killed."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(STACK_MARK) == str(home.folder) and process.pid != psutil.Process().pid:
                found.append(process)
    return found


def _terminate(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=15)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=15)


def _program(home: Home, name: str, command: list[str], *, autostart: bool) -> str:
    return PROGRAM.format(
        name=name,
        command=_literal(shlex.join(command)),
        autostart=str(autostart).lower(),
        logs=_literal(home.logs),
    )


def _literal(value: object) -> str:
    """Text that supervisord's settings take as it stands: it expands what follows a percent sign."""
    return str(value).replace("%", "%%")
