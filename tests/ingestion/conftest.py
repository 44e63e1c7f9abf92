"""A folder that the files source reads, an empty bronze, and a loopback provider that answers what a test tells it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.platform import Platform

ASSET_HEADER = "ticker,name,currency,exchange,quote_type,sector,price_basis,timezone\n"
PRICE_HEADER = "date,open,high,low,close,adj_close,volume,dividends,splits\n"


@dataclass(frozen=True)
class FilesFolder:
    """Writes the files of a files source."""

    path: Path

    def asset(self, ticker: str, name: str = "", quote_type: str = "EQUITY", currency: str = "USD") -> None:
        """Add a row to assets.csv."""
        table = self.path / "assets.csv"
        if not table.exists():
            table.write_text(ASSET_HEADER)
        with table.open("a") as file:
            file.write(f"{ticker},{name},{currency},NYSE,{quote_type},Technology,as_traded,America/New_York\n")

    def closes(self, ticker: str, closes: Mapping[str, object], splits: Mapping[str, object] | None = None) -> None:
        """Write prices/<ticker>.csv with nothing but closes and splits."""
        rows = "".join(f"{day},,,,{close},,,,{(splits or {}).get(day, '')}\n" for day, close in closes.items())
        self.prices(ticker, rows)

    def prices(self, ticker: str, rows: str) -> None:
        """Write prices/<ticker>.csv with these rows."""
        (self.path / "prices" / f"{ticker}.csv").write_text(PRICE_HEADER + rows)

    def series(self, series_id: str, text: str) -> None:
        """Write macro/<series>.csv."""
        (self.path / "macro" / f"{series_id}.csv").write_text(text)


@dataclass(frozen=True)
class Bronze:
    """Looks into bronze as its administrator."""

    connection: psycopg.Connection[Any]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query).fetchall()

    def closes(self, ticker: str) -> dict[str, float]:
        """Stored closes by date."""
        rows = self.connection.execute(
            "select price_date::text, close::float8 from bronze.raw_prices where ticker = %s order by 1", [ticker]
        )
        return dict(rows.fetchall())

    def is_empty(self) -> bool:
        """True when no fetched row is stored; the diary of fetches may say why."""
        tables = ("raw_prices", "raw_corporate_actions", "raw_assets", "raw_fred")
        return all(self.rows(f"select count(*) from bronze.{table}") == [(0,)] for table in tables)

    def outcomes(self) -> list[tuple[Any, ...]]:
        """Subject and outcome of each fetch, in order."""
        return self.rows("select subject, outcome from bronze.ingestion_runs order by started_at, subject")


@pytest.fixture
def bronze(platform: Platform) -> Iterator[Bronze]:
    """Bronze without rows."""
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(
            "truncate bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_assets, bronze.raw_fred,"
            " bronze.ingestion_runs, bronze.transactions, public.users cascade"
        )
        yield Bronze(connection)


@pytest.fixture
def folder(tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> FilesFolder:
    """An empty folder, and an environment that makes it the source of prices and macro series."""
    for name in ("prices", "macro"):
        (tmp_path / name).mkdir()
    for variable, value in platform.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("PRICE_SOURCE", "files")
    monkeypatch.setenv("MACRO_SOURCE", "files")
    monkeypatch.setenv("FILES_SOURCE_DIR", str(tmp_path))
    return FilesFolder(tmp_path)


@dataclass(frozen=True)
class Request:
    """What the provider was asked for."""

    path: str
    query: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What it answers."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


class Provider:
    """An HTTP server on 127.0.0.1; `answer` decides, `requests` remembers."""

    def __init__(self) -> None:
        self.answer: Callable[[Request], Answer] = lambda _: Answer(b"nothing here", 404, "text/plain")
        self.requests: list[Request] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                request = Request(parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()})
                provider.requests.append(request)
                answer = provider.answer(request)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep the test's output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that runs."""
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield provider
    provider.stop()
    thread.join()
