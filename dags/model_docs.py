"""Builds the model docs that Airflow shows: `dbt docs generate`, without this machine's paths.

Writes to DBT_TARGET_PATH, a separate target: the DAGs are built from another manifest and may be reading it now.
"""

import json
import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

PATHS = ("root_path", "compiled_path")


def main() -> int:
    """Exit code: 1 when dbt failed and printed why."""
    if not dbtRunner().invoke(["docs", "generate", "--quiet"]).success:
        return 1
    manifest = Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json"
    document = json.loads(manifest.read_text())
    for node in document["nodes"].values():
        for name in PATHS:
            node.pop(name, None)
    manifest.write_text(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
