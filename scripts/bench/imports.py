"""Measures the import of a large file end to end: HTTP, a running API, and a PostgreSQL that it starts and stops.

Prices come from a folder of files and are in bronze beforehand, so that no provider is measured.
"""

import json
import os
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import httpx
import psutil

from scripts.bench.promises import Promise
from scripts.launcher.home import Home
from scripts.launcher.serving import API, serving
from scripts.launcher.throwaway_postgres import migrated_database

ROWS = 20_000  # as many as a file may have
TICKERS = [f"T{number:02}" for number in range(50)]
FIRST_DAY = date(2014, 1, 1)
DAYS = 3650
SECONDS_ALLOWED = 4
MEGABYTES_ALLOWED = 300
HEADER = "ticker,side,quantity,price,fees,currency,trade_date,note"


# An old database: many people with few trades each.
OTHER_PEOPLES_TRADES = """
insert into bronze.transactions (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
select gen_random_uuid(), 1, md5(person::text)::uuid, 'T00', 'BUY', 1, 100, 'USD', date '2014-01-02'
from generate_series(1, 50) as person, generate_series(1, 160)
"""


def rows() -> list[Promise]:
    """Seconds for a file of 20,000 trades, into a new and an old database, and the worker's peak memory."""
    market = Path(tempfile.mkdtemp(prefix="macrofolio-market-"))
    try:
        _write_market(market)
        with migrated_database() as (home, administrator), serving(API, home, market, API_WORKERS="1") as server:
            (worker,) = server.children()
            _import(home, "warm@example.org", _own_csv(len(TICKERS)))
            idle = _peak_megabytes(worker)
            administrator.execute("alter table bronze.transactions set (autovacuum_enabled = off)")
            seconds = {
                f"{ROWS:,} rows of our own CSV, in a new database": _import(home, "new@example.org", _own_csv(ROWS))
            }
            administrator.execute(OTHER_PEOPLES_TRADES)
            administrator.execute("analyze")
            seconds[f"{ROWS:,} rows of our own CSV, in an old database"] = _import(
                home, "old@example.org", _own_csv(ROWS)
            )
            seconds[f"{ROWS // 2:,} rows of our own CSV, in an old database"] = _import(
                home, "half@example.org", _own_csv(ROWS // 2)
            )
            seconds[f"{ROWS:,} rows of Ghostfolio's JSON, in an old database"] = _import(
                home, "ghostfolio@example.org", _ghostfolio()
            )
            peak = _peak_megabytes(worker)
    finally:
        shutil.rmtree(market)
    print(f"Peak memory of the worker: {peak:.0f} MB, {idle:.0f} MB before")
    return [
        *(Promise(f"Import of {what}", took, 1, SECONDS_ALLOWED) for what, took in seconds.items()),
        Promise("Peak memory of the worker that imports them", peak, 1, MEGABYTES_ALLOWED, unit="MB"),
    ]


def _own_csv(count: int) -> bytes:
    return "\n".join([HEADER, *map(_own_row, range(count))]).encode()


def _trade(number: int) -> dict[str, str]:
    """Four purchases of a ticker, then a sale, on ever later days; no two trades are equal."""
    step = number // len(TICKERS)
    return {
        "ticker": TICKERS[number % len(TICKERS)],
        "side": "SELL" if step % 5 == 4 else "BUY",  # noqa: PLR2004  the fifth
        "quantity": f"1.{number:05}",
        "price": f"100.{number % 97:02}",
        "trade_date": str(FIRST_DAY + timedelta(days=step % DAYS)),
    }


def _own_row(number: int) -> str:
    trade = _trade(number)
    return "{ticker},{side},{quantity},{price},0.35,USD,{trade_date},".format(**trade)


def _ghostfolio() -> bytes:
    activities: list[dict[str, object]] = []
    for number in range(ROWS):
        trade = _trade(number)
        activities.append(
            {
                "accountId": "b2d3fe1d-d6a8-41a3-be39-07ef5e9480f0",
                "comment": None,
                "fee": 0.35,
                "id": f"14a69cb9-1e31-43fa-b320-{number:012}",
                "quantity": float(trade["quantity"]),
                "type": trade["side"],
                "unitPrice": float(trade["price"]),
                "currency": "USD",
                "dataSource": "YAHOO",
                "date": f"{trade['trade_date']}T00:00:00.000Z",
                "symbol": trade["ticker"],
                "tags": [],
            }
        )
    return json.dumps({"activities": activities}, indent=2).encode()


def _write_market(folder: Path) -> None:
    (folder / "prices").mkdir()
    (folder / "macro").mkdir()
    assets = [f"{ticker},{ticker} Inc.,USD,NYSE,EQUITY,,as_traded" for ticker in TICKERS]
    header = "ticker,name,currency,exchange,quote_type,sector,price_basis"
    (folder / "assets.csv").write_text("\n".join([header, *assets]))
    days = [f"{FIRST_DAY + timedelta(days=number)},100" for number in range(DAYS)]
    for ticker in TICKERS:
        (folder / "prices" / f"{ticker}.csv").write_text("\n".join(["date,close", *days]))


def _import(home: Home, email: str, content: bytes) -> float:
    """Seconds from sending the file to the report, as a new user."""
    login = {"email": email, "password": os.urandom(12).hex()}
    with httpx.Client(base_url=f"{home.url('API_PORT')}/api/v1", timeout=120, trust_env=False) as api:
        api.post("/auth/register", json=login).raise_for_status()
        token = api.post("/auth/login", json=login).raise_for_status().json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        started = time.monotonic()
        reply = api.post("/transactions/import", content=content, headers=bearer)
        seconds = time.monotonic() - started
        report = reply.raise_for_status().json()
    if report["added"] != len(report["rows"]):
        raise RuntimeError(f"Only {report['added']} of {len(report['rows'])} rows were added")
    return seconds


def _peak_megabytes(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    for row in rows():
        print(row)
