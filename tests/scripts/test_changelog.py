"""A release says what its section of the changelog says, or is not made."""

import subprocess
import sys

import pytest

from scripts.ci.changelog import ROOT, NoReleaseError, notes, section

CHANGELOG = """\
# Changelog

## Unreleased

## 0.2.0 - 2026-12-01

### Added

- Two.

## 0.1.0

- One.
"""
PROJECT = '[project]\nversion = "0.2.0"\n'


def test_a_release_gets_its_own_section() -> None:
    assert notes("v0.2.0", CHANGELOG, PROJECT) == "### Added\n\n- Two.\n"


def test_the_last_section_ends_with_the_file() -> None:
    assert section(CHANGELOG, "0.1.0") == "- One.\n"


@pytest.mark.parametrize("version", ["0.2", "0.3.0", "2.0", "0x2.0"])
def test_a_version_without_a_section_is_no_release(version: str) -> None:
    with pytest.raises(NoReleaseError, match="no section"):
        section(CHANGELOG, version)


def test_an_empty_section_is_no_release() -> None:
    with pytest.raises(NoReleaseError, match="empty"):
        section(CHANGELOG, "Unreleased")


def test_a_tag_of_another_version_than_the_projects_is_no_release() -> None:
    with pytest.raises(NoReleaseError, match=r"tag is v0\.1\.0, but pyproject\.toml has version 0\.2\.0"):
        notes("v0.1.0", CHANGELOG, PROJECT)


def test_it_runs_where_nothing_is_installed() -> None:
    command = [sys.executable, "-S", "-m", "scripts.ci.changelog", "v0.0.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The tag is v0.0.0, but pyproject.toml has version ")
