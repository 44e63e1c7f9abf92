"""Runs the real dbt command of this environment on the project."""

import os
import subprocess
import sys
from pathlib import Path

from tests.platform import Platform

ROOT = Path(__file__).parent.parent.parent


def run_dbt(platform: Platform, folder: Path, *arguments: str) -> str:
    """Output of `dbt <arguments>` on the platform's database; target and log in `folder`. Fails with dbt's words."""
    environment = os.environ | platform.environment
    environment |= {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), *arguments),
            *("--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt"), "--no-use-colors"),
        ],
        env=environment | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout
