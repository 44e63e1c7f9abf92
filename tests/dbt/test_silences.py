"""What has fallen silent is found in bronze, told at the webhook once, and told again when it happens again."""

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from dags.silences import tell_new_silences
from tests.dbt.bronze import Bronze
from tests.dbt.command import ROOT, run_dbt
from tests.support.platform import Platform

FETCHED = """
    insert into bronze.ingestion_runs (run_id, kind, subject, source, outcome, started_at, finished_at)
    values (gen_random_uuid(), %s, %s, %s, %s, %s, %s)
"""


class Webhook:
    """Remembers what it is sent; refuses it with any other status than 200."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if webhook.status == 200:
                    webhook.messages.append(body)
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep the test's output quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/alert"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    webhook = Webhook()
    monkeypatch.setenv("ALERT_WEBHOOK_URL", webhook.address)
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    thread = threading.Thread(target=webhook.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield webhook
    webhook.server.shutdown()
    webhook.server.server_close()
    thread.join()


@pytest.fixture
def platform(postgres_server: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A share that was delisted in March 2024, one that is quoted, a discontinued series and one that goes on."""
    name = f"silences_{secrets.token_hex(4)}"
    platform = Platform(port=postgres_server.port, database=name, passwords=postgres_server.passwords)
    subprocess.run([sys.executable, "-m", "migrations"], env=os.environ | platform.environment, cwd=ROOT, check=True)
    for variable, value in platform.environment.items():
        monkeypatch.setenv(variable, value)
    with platform.connect("postgres") as connection:
        bronze = Bronze(connection)
        bronze.listing("DEAD", days(date(2024, 1, 1), date(2024, 3, 8)))
        bronze.listing("LIVE", days(date(2024, 1, 1), date(2024, 6, 28)))
        months = {f"2024-0{month}-01": float(month) for month in range(1, 6)}
        published = {day: str(date.fromisoformat(day) + timedelta(days=40)) for day in months}
        bronze.series("GOES", months, published)
        bronze.series(
            "GONE", {"2023-11-01": 1, "2023-12-01": 2}, {"2023-11-01": "2023-12-11", "2023-12-01": "2024-01-10"}
        )
        for kind, subject, outcome in (
            ("prices", "DEAD", "unknown_ticker"),
            ("prices", "LIVE", "unchanged"),
            ("macro", "GOES", "loaded"),
            ("macro", "GONE", "unchanged"),
        ):
            source = "yahoo" if kind == "prices" else "fred"
            connection.execute(FETCHED, [kind, subject, source, outcome, "2024-06-28", "2024-06-28"])
    return platform


def days(first: date, last: date) -> dict[str, float]:
    return {str(first + timedelta(days=day)): 10.0 for day in range((last - first).days + 1)}


def test_each_silence_is_told_once_and_a_second_one_again(
    platform: Platform, webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dbt(platform, tmp_path, "build", "--select", "+fct_silences", "--indirect-selection", "cautious")

    webhook.status = 503
    with pytest.raises(httpx.HTTPStatusError):
        tell_new_silences()
    webhook.status = 200
    assert tell_new_silences() == "New silences reported: 2."
    assert tell_new_silences() == "New silences reported: 0."

    (message,) = webhook.messages
    assert message["text"] == (
        "DEAD: nothing new since 2024-03-08 (usually every day). It may be delisted or renamed: sell it, or record its "
        "trades under the new ticker.\n"
        "GONE: nothing new since 2024-01-10 (usually every 30 days). It may be discontinued; figures that need it end "
        "there."
    )
    assert [row["subject"] for row in message["silences"]] == ["DEAD", "GONE"]

    with platform.connect("postgres") as connection:
        connection.execute(
            "update bronze.raw_prices set price_date = '2024-05-02' where ticker = 'DEAD' and price_date = '2024-03-08'"
        )
    run_dbt(platform, tmp_path, "run", "--select", "+fct_silences")
    assert tell_new_silences() == "New silences reported: 1."
    assert webhook.messages[1]["silences"][0]["last_day"] == "2024-05-02"

    monkeypatch.delenv("ALERT_WEBHOOK_URL")
    assert tell_new_silences().startswith("No webhook is set")
