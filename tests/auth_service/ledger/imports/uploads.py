"""What tests of the import have in common: sending a file, and what the ledger then holds."""

import io
import json
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from tests.auth_service.conftest import Person, answer

FILES = Path(__file__).parent / "files"


def send(person: Person, content: bytes, query: str = "") -> TestResponse:
    """The file as the body."""
    return person.call("POST", f"/transactions/import{query}", data=content, content_type="text/csv")


def send_with(person: Person, content: bytes, options: object, query: str = "") -> TestResponse:
    """The file in a form, with what it does not say itself."""
    form = {"file": (io.BytesIO(content), "file.csv"), "options": json.dumps(options)}
    return person.call("POST", f"/transactions/import{query}", data=form, content_type="multipart/form-data")


def imported(person: Person, name: str, query: str = "") -> dict[str, Any]:
    """The report of one of FILES."""
    return answer(send(person, (FILES / name).read_bytes(), query))


def reasons(report: dict[str, Any], outcome: str) -> dict[int, str | None]:
    """Why rows had this outcome, by line."""
    return {row["line"]: row["reason"] for row in report["rows"] if row["outcome"] == outcome}


def trades(person: Person) -> list[str]:
    """The ledger in the order of entry: day, side, quantity, ticker, price, currency, fees, note."""
    columns = ("trade_date", "side", "quantity", "ticker", "price", "currency", "fees", "note")
    items = answer(person.call("GET", "/transactions?limit=500"))["items"]
    return [" ".join(str(item[name] or "") for name in columns).strip() for item in by_entry(items)]


def by_entry(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: (item["recorded_at"], item["trade_date"]))
