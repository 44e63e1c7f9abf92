"""Known vulnerabilities in the locked packages, by pip-audit; a package it skipped is a failure, not a success."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.launcher.home import ROOT


def locked(lock: str) -> set[tuple[str, str]]:
    """Name and version of every package in a requirements file with hashes that this Python would install."""
    lines = [line.removesuffix("\\").strip() for line in lock.splitlines() if line[:1].isalnum()]
    wanted = [one for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate()]
    return {(canonicalize_name(one.name), str(one.specifier).removeprefix("==")) for one in wanted}


def faults(lock: str, report: dict[str, Any]) -> list[str]:
    """Faults that a pip-audit report (`--format json`) shows for the lock: one sentence each, none if all is well."""
    if not (wanted := locked(lock)):
        return ["The lock file is empty. Nothing was audited."]
    audited = [package for package in report["dependencies"] if "skip_reason" not in package]
    seen = {(canonicalize_name(package["name"]), package["version"]) for package in audited}
    unseen = [f"{name} {version} was not audited." for name, version in sorted(wanted - seen)]
    known = [
        f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixes}."
        for package in audited
        for flaw in package["vulns"]
        for fixes in [", ".join(flaw["fix_versions"]) or "no version yet"]
    ]
    return unseen + known


def main() -> int:
    lock = ROOT / "requirements.lock"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--requirement", str(lock), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
        command = [sys.executable, "-m", "pip_audit", *options, "--format", "json", "--output", str(report)]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if not report.exists():
            print(f"pip-audit failed (exit code {done.returncode}) without a report. Nothing was audited.")
            return 1
        found = faults(lock.read_text(), json.loads(report.read_text()))
    print("\n".join(found) or f"{len(locked(lock.read_text()))} packages audited, no known vulnerability.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
