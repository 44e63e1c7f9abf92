"""The section of CHANGELOG.md for one release: `python -m scripts.ci.changelog v0.2.0`."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NoReleaseError(Exception):
    """The tag, pyproject.toml and CHANGELOG.md disagree about the release."""


def section(changelog: str, version: str) -> str:
    """The text below the heading `## <version>` (a date may follow), down to the next release.

    Raises:
        NoReleaseError: There is no such heading, or nothing below it.

    """
    found = re.search(
        rf"^## \[?{re.escape(version)}\]?(?:[ \t][^\n]*)?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise NoReleaseError(
            f"CHANGELOG.md has no section {version}. Rename `## Unreleased` to `## {version} - <date>`."
        )
    if not (text := found[1].strip()):
        raise NoReleaseError(f"Section {version} of CHANGELOG.md is empty. Say what changed.")
    return text + "\n"


def notes(tag: str, changelog: str, project: str) -> str:
    """The section of the release that `tag` names.

    Raises:
        NoReleaseError: pyproject.toml has another version, or the changelog has no section for it.

    """
    version = tomllib.loads(project)["project"]["version"]
    if tag != f"v{version}":
        raise NoReleaseError(
            f"The tag is {tag}, but pyproject.toml has version {version}. Tag v{version}, or change it there."
        )
    return section(changelog, version)


if __name__ == "__main__":
    try:
        print(notes(sys.argv[1], (ROOT / "CHANGELOG.md").read_text(), (ROOT / "pyproject.toml").read_text()), end="")
    except NoReleaseError as error:
        sys.exit(str(error))
