"""A folder that the files source reads, an empty bronze, and the providers as the replay server plays them."""

import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingestion import providers as sources_module
from ingestion.macro import macro_refresh
from ingestion.prices import price_refresh
from ingestion.retries import Patience
from tests.ingestion.replay import fred as fred_site
from tests.ingestion.replay import yahoo as yahoo_site
from tests.ingestion.replay.authority import issue
from tests.ingestion.replay.fred import Fred
from tests.ingestion.replay.proxy import Replay
from tests.ingestion.replay.yahoo import Yahoo
from tests.support.platform import Platform

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

    def quarantine(self) -> list[tuple[Any, ...]]:
        """What is in quarantine and not superseded: subject, day, what was refused, and why."""
        return self.rows(
            "select subject, row_date, item, reason from bronze.quarantined_rows"
            " where superseded_at is null order by 1, 2, 3, 4"
        )

    def outcomes(self) -> list[tuple[Any, ...]]:
        """Subject and outcome of each fetch, in order."""
        return self.rows("select subject, outcome from bronze.ingestion_runs order by started_at, subject")


@pytest.fixture
def bronze(platform: Platform) -> Iterator[Bronze]:
    """Bronze without rows."""
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(
            "truncate bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_assets, bronze.raw_fred,"
            " bronze.ingestion_runs, bronze.quarantined_rows, bronze.transactions, public.users cascade"
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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority, and a server's certificate for the hosts of Yahoo, FRED and a stranger."""
    return issue(tmp_path_factory.mktemp("authority"), [*yahoo_site.HOSTS, *fred_site.HOSTS, "stranger.example"])


@pytest.fixture
def replay(authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """A loopback internet: every client of this process reaches it through the usual proxy and CA variables."""
    trusted, context = authority
    replay = Replay(context)
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, replay.address)
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(trusted))
    monkeypatch.setattr(urllib.request, "_opener", None)  # fredapi installs its own for the whole process
    thread = threading.Thread(target=replay.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield replay
    replay.over.set()
    replay.server.shutdown()
    replay.server.server_close()
    thread.join()


@pytest.fixture
def yahoo(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    """Yahoo without listings, and a yfinance that has never met it."""
    from yfinance import cache
    from yfinance.data import SingletonMeta

    monkeypatch.setattr(SingletonMeta, "_instances", {})
    monkeypatch.setattr(cache._TzCacheManager, "_tz_cache", None)
    monkeypatch.setattr(cache._CookieCacheManager, "_Cookie_cache", None)
    site = Yahoo()
    replay.sites |= dict.fromkeys(yahoo_site.HOSTS, site.answer)
    return site


@pytest.fixture
def fred(replay: Replay) -> Fred:
    """FRED without series."""
    site = Fred()
    replay.sites |= dict.fromkeys(fred_site.HOSTS, site.answer)
    return site


@pytest.fixture
def live(
    yahoo: Yahoo, fred: Fred, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An environment in which prices come from Yahoo, series from FRED without a key, and nobody waits for long."""
    for variable, value in platform.environment.items():
        monkeypatch.setenv(variable, value)
    sources = {"PRICE_SOURCE": "yahoo", "MACRO_SOURCE": "fred", "FILES_SOURCE_DIR": "", "FRED_API_KEY": ""}
    for variable, value in (sources | {"YAHOO_CACHE_DIR": str(tmp_path / "cache")}).items():
        monkeypatch.setenv(variable, value)
    for module, name in ((price_refresh, "SOMEBODY_WAITS"), (price_refresh, "SCHEDULED"), (macro_refresh, "SCHEDULED")):
        monkeypatch.setattr(module, name, Patience(attempts=2, seconds=1.5, first_pause=0.01, longest_pause=0.02))
    sources_module._yahoo.cache_clear()
    yield
    sources_module._yahoo.cache_clear()
