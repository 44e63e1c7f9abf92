"""Make .env and secrets/ for docker compose: `make env`, or `python3 -m scripts.env` on a machine with nothing else.

`.env` is a copy of .env.example. Each secret is a file, because whoever may ask Docker sees a container's environment.
"""

import argparse
import base64
import json
import os
import re
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTED = ROOT / ".env.example"
MADE = (
    *("postgres_password", "owner_db_password", "api_db_password", "ingestion_db_password"),
    *("dbt_db_password", "airflow_db_password", "backup_db_password"),
    *("jwt_secret_key", "dashboard_secret_key", "airflow_jwt_secret"),
)
# Empty until somebody writes down what others gave them.
GIVEN = ("oidc_client_secret", "fred_api_key", "alert_webhook_url")
HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def make(folder: Path, host: str | None) -> None:
    """Write .env and secrets/ into `folder`; for a public `host` with the profile that serves it.

    Raises:
        FileExistsError: One of them is there; nothing was written.

    """
    settings, kept = folder / ".env", folder / "secrets"
    for path in (settings, kept):
        if path.exists():
            raise FileExistsError(f"{path} is there already and stays as it is. Keep it, or move it away first.")
    kept.mkdir(mode=0o700)
    for name, content in _contents().items():
        # Read by the accounts of the containers; on this machine the folder keeps everybody else out.
        _write(kept / name, content, 0o644)
    (folder / "data").mkdir(exist_ok=True)
    text = DOCUMENTED.read_text(encoding="utf-8")
    if host:
        text = text.replace("COMPOSE_PROFILES=local\n", "COMPOSE_PROFILES=public,backup\n")
        text = text.replace("SITE_HOST=\n", f"SITE_HOST={host}\n")
    _write(settings, text, 0o600)


def _contents() -> dict[str, str]:
    return {
        **{name: secrets.token_urlsafe(48) for name in MADE},
        "airflow_fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "airflow_passwords": json.dumps({"admin": secrets.token_urlsafe(24)}),
        **dict.fromkeys(GIVEN, ""),
    }


def _write(path: Path, content: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)  # whatever the umask says
        file.write(content)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python3 -m scripts.env", description="Make .env and secrets/.")
    parser.add_argument("--host", help="public name of this machine, as portfolio.example.org; without it: local only")
    host = parser.parse_args(arguments).host
    if host is not None and not HOST_NAME.fullmatch(host):
        sys.exit(
            f"{host!r} is no host name. Give it as portfolio.example.org: small letters, digits, dots and hyphens."
        )
    try:
        make(ROOT, host)
    except FileExistsError as refusal:
        sys.exit(str(refusal))
    print(f"Made {ROOT / '.env'} for {host or 'this machine alone'}, and {ROOT / 'secrets'}: keep both to yourself.")


if __name__ == "__main__":
    main()
