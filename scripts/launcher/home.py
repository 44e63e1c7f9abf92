"""State and settings of one local stack: folders, ports, generated secrets, and each service's environment.

Each service gets only its own secrets. The same variables configure the containers (docker-compose.yml).
"""

import base64
import fcntl
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TextIO

from scripts.launcher.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
PORTS = {"DASHBOARD_PORT": 8050, "API_PORT": 8000, "AIRFLOW_PORT": 8080, "POSTGRES_PORT": 5433}
# Served only on request, so that two homes need no more than four ports each.
OPTIONAL_PORTS = ("API_METRICS_PORT",)
DRAWN_FROM = range(20_000, 32_000)  # for services that need a port of their own
SECRETS = (
    *("POSTGRES_PASSWORD", "OWNER_DB_PASSWORD", "API_DB_PASSWORD", "READER_DB_PASSWORD"),
    *("INGESTION_DB_PASSWORD", "DBT_DB_PASSWORD", "AIRFLOW_DB_PASSWORD", "BACKUP_DB_PASSWORD"),
    *("JWT_SECRET_KEY", "DASHBOARD_SECRET_KEY", "AIRFLOW_JWT_SECRET", "AIRFLOW_ADMIN_PASSWORD", "DEMO_PASSWORD"),
)
# What users may set: for processes that fetch or run behind proxies, for the API, or for everything.
PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("ALERT_WEBHOOK_URL", "TRUSTED_PROXIES", "DASHBOARD_TRUSTED_PROXIES"),
    *("API_WORKERS", "API_THREADS", "API_CONNECTIONS", "API_DOCUMENTS_SIZE"),
    *("API_STATEMENT_SECONDS", "API_LOCK_SECONDS", "MODEL_STATEMENT_SECONDS"),
    *("REQUEST_BODY_LIMIT", "IMPORT_BODY_LIMIT", "IMPORT_ROW_LIMIT"),
)
METRICS_PREFIX = "AIRFLOW__METRICS__"
STACK_MARK = "MACROFOLIO_STACK"
DEMO_EMAIL = "demo@macrofolio.example"


class LauncherError(RuntimeError):
    """The stack can't do what was asked; the message is one sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Home:
    """The folder that holds one stack, and the ports it answers on."""

    folder: Path
    ports: Mapping[str, int]

    @classmethod
    def from_environment(cls) -> "Home":
        """Read MACROFOLIO_HOME and the ports; errors name the variable."""
        asked = {name: os.environ[name] for name in (*PORTS, *OPTIONAL_PORTS) if os.environ.get(name)}
        ports = {}
        for name, text in ({name: str(port) for name, port in PORTS.items()} | asked).items():
            if not text.isdecimal() or not 0 < int(text) < 65536:  # noqa: PLR2004  # the range of TCP ports
                raise LauncherError(f"{name} is {text!r}. Set it to a port between 1 and 65535.")
            ports[name] = int(text)
        if len(set(ports.values())) < len(ports):
            raise LauncherError(f"Two services share a port: {ports}. Give each its own.")
        return cls(Path(os.environ.get("MACROFOLIO_HOME") or ROOT / ".macrofolio").expanduser().resolve(), ports)

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.folder, self.ports["POSTGRES_PORT"])

    @property
    def sample_data(self) -> Path:
        return self.folder / "sample_data"

    def url(self, port: str) -> str:
        """Address of the service behind one of PORTS."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def refuse_foreign_files(self) -> None:
        """Raise LauncherError if another account could have planted files that we would write through or trust."""
        if not self.folder.exists():
            return
        ours = {os.geteuid(), *filter(None, [self.postgres.account_id()])}
        foreign = [path for path in (self.folder, *self.folder.iterdir()) if path.lstat().st_uid not in ours]
        if foreign:
            raise LauncherError(
                f"{foreign[0]} belongs to another account. Set MACROFOLIO_HOME to a folder of your own, in a place "
                "where only you can write."
            )

    def make_folders(self) -> None:
        """Create the folder, which others may at most pass through, and the log folder, which they may not read.

        The account that runs PostgreSQL for root must be able to reach its data.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700 if self.postgres.account() is None else 0o711)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.logs.chmod(0o700)

    def write(self, name: str, content: str) -> Path:
        """Write one of our files, readable by its owner only, atomically, and never through a link."""
        path = self.folder / name
        unfinished = path.with_name(f"{name}.unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        return unfinished.replace(path)

    def refuse_taken_ports(self, *names: str) -> None:
        """Raise LauncherError if another program listens on one of our ports, or on those named."""
        for name, port in self.ports.items():
            if names and name not in names:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise LauncherError(
                        f"Port {port} is in use by another program. Stop it, or set {name} to a free port."
                    ) from error

    def remembered(self, name: str) -> dict[str, Any]:
        """Content of one of our JSON files, or {} if there is none."""
        path = self.folder / name
        content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return content

    def remember(self, name: str, content: Mapping[str, Any]) -> None:
        """Write one of our JSON files."""
        self.write(name, json.dumps(content, indent=2))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Every secret of this stack, generated at the first start and kept."""
        known = self.remembered("secrets.json")
        # Secrets that people type are shorter than those that machines use.
        lengths = {name: 12 if name in {"AIRFLOW_ADMIN_PASSWORD", "DEMO_PASSWORD"} else 48 for name in SECRETS}
        made = {name: secrets.token_urlsafe(length) for name, length in lengths.items() if name not in known}
        if "AIRFLOW_FERNET_KEY" not in known:
            made["AIRFLOW_FERNET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        if made:
            self.remember("secrets.json", known | made)
        return known | made

    def write_logins(self) -> None:
        """Write logins.json: the logins people need, in one place."""
        self.remember(
            "logins.json",
            {
                "demo": {"email": DEMO_EMAIL, "password": self.secrets["DEMO_PASSWORD"]},
                "airflow": {"user": "admin", "password": self.secrets["AIRFLOW_ADMIN_PASSWORD"]},
                "postgres": {"user": "postgres", "password": self.secrets["POSTGRES_PASSWORD"]},
            },
        )
        self.remember("airflow_passwords.json", {"admin": self.secrets["AIRFLOW_ADMIN_PASSWORD"]})

    def environment(self, *wanted: str) -> dict[str, str]:
        """Environment of a service that needs the secrets `wanted`, and no others."""
        inherited = {
            name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(METRICS_PREFIX)
        }
        return (
            inherited
            | {
                STACK_MARK: str(self.folder),
                # A process that renames itself would otherwise overwrite its environment, including the mark.
                "SPT_NOENV": "1",
                "MACROFOLIO_HOME": str(self.folder),
                "PYTHONPATH": str(ROOT),
                "PYTHONUNBUFFERED": "1",
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_DB": "macrofolio",
                "AIRFLOW_DB": "airflow",
                "API_URL": self.url("API_PORT"),
            }
            | {name: str(port) for name, port in self.ports.items()}
            | {name: self.secrets[name] for name in wanted}
        )


def free_port() -> int:
    """A TCP port on 127.0.0.1, below those that systems use for outgoing connections.

    Nobody listens on it, and no other process of this account gets it while this one lives.
    """
    while True:
        port = DRAWN_FROM[secrets.randbelow(len(DRAWN_FROM))]
        if _draw(port) and not _in_use(port):
            return port


_drawn = set[int]()


def _draw(port: int) -> bool:
    """Reserve a port before anybody listens on it, by locking its byte of a file. False if it was taken."""
    if port in _drawn:
        return False
    try:
        fcntl.lockf(_lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _drawn.add(port)
    return True


@cache
def _lock_file() -> TextIO:
    return (Path(tempfile.gettempdir()) / f"macrofolio-ports-{os.geteuid()}").open("a")


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
