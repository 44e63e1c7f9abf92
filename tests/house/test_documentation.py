"""The documentation tells the truth about names: whatever it names in code style, links or quotes is there."""

import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dash
import pytest
import yaml
from pydantic import SecretStr

from auth_service.app import create_app
from auth_service.config import ApiSettings
from dashboard.app import create_server
from dashboard.config import Settings
from ingestion.config import IngestionSettings
from migrations.config import MigrationSettings
from scripts.home import free_port
from tests.conftest import ROOT
from tests.house import markdown

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# What it tells of was true when it was written; its links have to lead somewhere all the same.
OF_THEIR_TIME = {ROOT / "CHANGELOG.md"}
PRESENT = [page for page in PAGES if page not in OF_THEIR_TIME]
NOT_OURS = {".git", ".venv", ".venv-uv", "__pycache__", "site", "node_modules"}
API = "/api/v1"
MKDOCS = (str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--quiet")
# Where variables are read or set; in Python they are strings.
READ_IN = {
    r"[\"']([A-Z][A-Z0-9_]+)[\"']": (
        *("scripts/*.py", "dags/**/*.py", "*/gunicorn.conf.py", "dbt/profiles.yml", "auth_service/metrics_listener.py"),
    ),
    r"^ *([A-Z][A-Z0-9_]+) ?\??[:=]|\$\{([A-Z0-9_]+)": ("docker-compose*.yml", ".env.example", "Makefile"),
}
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import\s+["']?(?:https?:)?//"""
)


@dataclass(frozen=True)
class Kind:
    """One kind of names: how to find them in a text, and how to tell that one is right."""

    name: str
    named: Callable[[str], set[str]]
    exists: Callable[[str], bool]

    def wrong(self, text: str) -> set[str]:
        return {name for name in self.named(text) if not self.exists(name)}


def is_make_target(name: str) -> bool:
    return re.search(rf"^{re.escape(name)}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None


def is_module(name: str) -> bool:
    """Whether `python -m` can run it."""
    try:
        found = find_spec(name)
        return found is not None and (found.submodule_search_locations is None or bool(find_spec(f"{name}.__main__")))
    except ModuleNotFoundError:
        return False


@cache
def our_files() -> frozenset[str]:
    """Every file and folder of the repository, with a slash before it."""
    found: set[str] = set()
    for folder, folders, files in ROOT.walk() if sys.version_info >= (3, 12) else _walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found |= {f"/{(folder / name).relative_to(ROOT)}" for name in (*folders, *files)}
    return frozenset(found)


def rooms() -> set[str]:
    return {path.split("/")[1] for path in our_files() if (ROOT / path.split("/")[1]).is_dir()}


def is_file(name: str) -> bool:
    """A path of the repository, or its end where that says enough."""
    if "*" in name:
        return any(ROOT.glob(name))
    return any(path.endswith(f"/{name.rstrip('/')}") for path in our_files())
