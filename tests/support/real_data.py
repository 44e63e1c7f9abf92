"""Real prices and series, which may not be copied into this repository: tests that need them skip without them."""

import os
from pathlib import Path

import pytest

from scripts.launcher.home import ROOT

FOLDER = Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
needs_real_data = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="no real prices and series: put them into ../shared/data beside the checkout, or name their folder in"
    " REAL_DATA; CONTRIBUTING.md says which files",
)
