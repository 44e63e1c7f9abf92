"""Make .env and secrets/ for docker compose: `make env`, or `python3 -m scripts.env` on a machine with nothing else.

With `--missing` it adds the settings a newer version needs. `.env` is a copy of .env.example. Each secret is a file,
because anyone with access to Docker can see a container's environment.
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
    *("postgres_password", "owner_db_password", "api_db_password", "reader_db_password"),
    *("ingestion_db_password", "dbt_db_password", "airflow_db_password", "backup_db_password"),
    *("jwt_secret_key", "dashboard_secret_key", "airflow_jwt_secret"),
)
# Empty until filled in with values from elsewhere.
GIVEN = ("oidc_client_secret", "fred_api_key", "alert_webhook_url")
ASSIGNMENT = re.compile(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*[=:].*$", re.MULTILINE)
READ_BY_CONTAINERS = 0o644  # by their accounts; on this machine the folder itself keeps everybody else out
HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def make(folder: Path, host: str | None) -> None:
    """Write .env and secrets/ into `folder`; with a public `host`, enable the profile that serves it.

    Raises:
        FileExistsError: One of them exists; nothing was written.

    """
    settings, kept = folder / ".env", folder / "secrets"
    for path in (settings, kept):
        if path.exists():
            raise FileExistsError(f"{path} exists and was not changed. Keep it, or move it away first.")
    kept.mkdir(mode=0o700)
    for name, content in _contents().items():
        _write(kept / name, content, READ_BY_CONTAINERS)
    (folder / "data").mkdir(exist_ok=True)
    text = DOCUMENTED.read_text(encoding="utf-8")
    if host:
        text = text.replace("COMPOSE_PROFILES=local\n", "COMPOSE_PROFILES=public,backup\n")
        text = text.replace("SITE_HOST=\n", f"SITE_HOST={host}\n")
    _write(settings, text, 0o600)


def add_missing(folder: Path) -> list[str]:
    """Add the settings and secrets a newer version needs to `folder`; existing ones stay as they are.

    Returns:
        What was added, as `secrets/name` or `NAME`.

    Raises:
        FileNotFoundError: One of the two is missing; nothing was written.

    """
    settings, kept = folder / ".env", folder / "secrets"
    for path in (settings, kept):
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing. Restore it, or leave out --missing on a new machine.")
    new_secrets = {name: content for name, content in _contents().items() if not (kept / name).exists()}
    for name, content in new_secrets.items():
        _write(kept / name, content, READ_BY_CONTAINERS)
    text = settings.read_text(encoding="utf-8")
    known = {found[1] for found in ASSIGNMENT.finditer(text)}
    documented = ASSIGNMENT.finditer(DOCUMENTED.read_text(encoding="utf-8"))
    new_settings = {found[1]: found[0] for found in documented if found[1] not in known}
    if new_settings:
        begin = "" if text.endswith("\n") else "\n"
        lines = [begin, "# Added for a newer version; .env.example explains each.", *new_settings.values(), ""]
        with settings.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines))
    return [*(f"secrets/{name}" for name in new_secrets), *new_settings]


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
        os.fchmod(descriptor, mode)  # whatever the umask is
        file.write(content)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python3 -m scripts.env", description="Make .env and secrets/.")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--host", help="public host name, such as portfolio.example.org; default: this machine only")
    way.add_argument("--missing", action="store_true", help="only add settings a newer version needs")
    wanted = parser.parse_args(arguments)
    host = wanted.host
    if host is not None and not HOST_NAME.fullmatch(host):
        sys.exit(
            f"{host!r} is not a host name. Use lowercase letters, digits, dots and hyphens (portfolio.example.org)."
        )
    try:
        if wanted.missing:
            added = add_missing(ROOT)
            print(f"Added: {', '.join(added)}." if added else f"{ROOT / '.env'} and {ROOT / 'secrets'} lack nothing.")
            return
        make(ROOT, host)
    except (FileExistsError, FileNotFoundError) as refusal:
        sys.exit(str(refusal))
    print(f"Made {ROOT / '.env'} for {host or 'this machine only'}, and {ROOT / 'secrets'}. Keep both private.")


if __name__ == "__main__":
    main()
