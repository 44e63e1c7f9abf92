"""An audit that looked at nothing is a failure, as one that found something is."""

from typing import Any

from scripts.ci.audit import faults, locked

LOCK = """\
flask==3.1.3 \\
    --hash=sha256:aa
    # via macrofolio (pyproject.toml)
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:bb
psycopg[binary]==3.2.1 ; python_full_version >= '3.11' \\
    --hash=sha256:cc
"""


def audited(name: str, version: str, *flaws: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": list(flaws)}


def test_what_this_python_would_not_install_need_not_be_audited() -> None:
    assert locked(LOCK) == {("flask", "3.1.3"), ("psycopg", "3.2.1")}


def test_a_report_on_every_package_without_a_flaw_is_well() -> None:
    assert faults(LOCK, {"dependencies": [audited("Flask", "3.1.3"), audited("psycopg", "3.2.1")]}) == []


def test_an_empty_report_names_every_package() -> None:
    assert faults(LOCK, {"dependencies": []}) == ["flask 3.1.3 was not audited.", "psycopg 3.2.1 was not audited."]


def test_an_empty_lock_is_no_success() -> None:
    assert faults("", {"dependencies": []}) == ["The lock file is empty. Nothing was audited."]


def test_a_skipped_package_and_another_version_were_not_audited() -> None:
    report = {"dependencies": [{"name": "flask", "skip_reason": "not on PyPI"}, audited("psycopg", "3.2.0")]}
    assert faults(LOCK, report) == ["flask 3.1.3 was not audited.", "psycopg 3.2.1 was not audited."]


def test_a_flaw_is_told_with_what_fixes_it() -> None:
    fixed = {"id": "PYSEC-1", "fix_versions": ["3.1.4", "3.2.0"]}
    report = {"dependencies": [audited("flask", "3.1.3", fixed, {"id": "PYSEC-2", "fix_versions": []})]}
    assert faults(LOCK, report) == [
        "psycopg 3.2.1 was not audited.",
        "flask 3.1.3: PYSEC-1, fixed in 3.1.4, 3.2.0.",
        "flask 3.1.3: PYSEC-2, fixed in no version yet.",
    ]
