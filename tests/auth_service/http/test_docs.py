"""The calls of docs/api.md, run as they stand there against a running service."""

import json
import os
import re
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.support.databases import Databases
from tests.support.running_api import running_api

BLOCKS = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def write_market(folder: Path) -> dict[str, str]:
    """A market where VTI trades at what the document says."""
    (folder / "prices").mkdir()
    (folder / "macro").mkdir()
    header = "ticker,name,currency,exchange,quote_type,sector,price_basis,timezone"
    (folder / "assets.csv").write_text(f"{header}\nVTI,Total Market,USD,NYSE,ETF,,as_traded,America/New_York\n")
    (folder / "prices" / "VTI.csv").write_text("date,close\n2024-01-02,237.22\n")
    return {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "FILES_SOURCE_DIR": str(folder)}


def test_the_five_calls_do_what_the_document_says(databases: Databases, tmp_path: Path) -> None:
    platform = databases.new("docs")  # elsewhere VTI has another price
    blocks = BLOCKS.findall((ROOT / "docs" / "api.md").read_text())
    with running_api(platform.environment, **write_market(tmp_path)) as api:
        done = subprocess.run(
            ["/bin/bash", "-eu", "-c", "\n".join(blocks)],
            env=os.environ | {"API": f"{api.url}/api/v1"},
            capture_output=True,
            text=True,
            check=True,
        )
    answers = [json.loads(answer) for answer in done.stdout.replace("}{", "}\n{").splitlines()]

    assert [answer for answer in answers if "error" in answer] == []
    profile, trade, status, *figures = answers
    assert profile["email"] == "ada@example.org"
    assert (trade["ticker"], trade["quantity"]) == ("VTI", "1.5")
    assert (status["up_to_date"], status["pending_transactions"]) == (False, 1)
    assert len(figures) == 2
