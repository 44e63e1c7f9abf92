"""Lint models as dbt compiles them: `python -m scripts.ci.lint_models [FILE …]`.

sqlfluff's dbt templater compiles the project, and for that dbt needs PostgreSQL: this starts one, migrated and empty,
and removes it afterwards.
"""

import subprocess
import sys

from scripts.launcher.home import ROOT
from scripts.launcher.services import BIN, BUILD_MODELS
from scripts.launcher.throwaway_postgres import migrated_database


def main() -> None:
    with migrated_database("fsync=off") as (home, _):
        command = [str(BIN / "sqlfluff"), "lint", "--disable-progress-bar", *(sys.argv[1:] or ["dbt/models"])]
        sys.exit(subprocess.run(command, cwd=ROOT, env=BUILD_MODELS.environment(home, {}), check=False).returncode)


if __name__ == "__main__":
    main()
