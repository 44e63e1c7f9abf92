"""The demo portfolio: thirteen years of trades, entered through the HTTP API as any client would.

Every trade uses that day's real closing price, as traded; the models handle the splits and dividends in between.
"""

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Self

import httpx

from scripts.launcher.home import Home, LauncherError

Step = Callable[[str], AbstractContextManager[None]]

FEES = "9.95"
PATIENCE_SECONDS = 300.0
# Trade date, side, ticker, shares as traded on that day.
TRADES = """
2000-03-06 BUY  AAPL  40
2000-03-13 BUY  MSFT  60
2000-03-20 BUY  IBM   40
2000-10-02 BUY  AAPL 100
2000-12-20 BUY  MSFT  80
2001-04-16 BUY  AAPL  60
2001-07-16 BUY  IBM   30
2001-09-21 BUY  MSFT  60
2002-07-24 BUY  IBM   50
2002-10-09 BUY  MSFT  50
2003-01-15 SELL AAPL  80
2004-01-20 SELL IBM   60
2004-04-19 BUY  AAPL 100
2004-09-01 BUY  GOOG 100
2004-11-08 BUY  MSFT 100
2005-04-18 BUY  IBM   60
2005-07-18 SELL AAPL 200
2005-10-21 BUY  GOOG  10
2006-03-10 BUY  GOOG  10
2006-06-13 BUY  MSFT  80
2006-07-17 BUY  AAPL  50
2007-11-02 SELL MSFT 680
2007-11-06 SELL GOOG  60
2007-12-26 SELL AAPL 120
2008-01-15 BUY  IBM   40
2008-09-29 SELL GOOG  60
2008-10-10 BUY  AAPL  60
2008-11-20 BUY  IBM   40
2009-02-23 BUY  MSFT 300
2009-03-09 BUY  AAPL  60
2009-03-09 BUY  GOOG  25
2010-04-23 SELL MSFT 100
2010-07-16 BUY  GOOG  10
2010-12-09 SELL IBM  100
2011-06-10 BUY  MSFT  80
2011-08-08 BUY  AAPL  20
2011-10-20 SELL IBM   50
2012-03-26 SELL GOOG   5
2012-04-09 SELL AAPL  90
2012-05-18 BUY  FB   150
2012-09-04 BUY  FB   200
2012-11-14 SELL FB   100
2012-11-15 BUY  IBM   15
2012-12-17 SELL AAPL 100
2013-01-25 BUY  MSFT  50
2013-01-30 SELL FB   250
"""


def trades(sample_data: Path) -> list[dict[str, str]]:
    """The demo's trades as bodies of POST /transactions, priced at each day's close in `sample_data`."""
    rows = [line.split() for line in TRADES.strip().splitlines()]
    closes = {ticker: _closes(sample_data / "prices" / f"{ticker}.csv") for ticker in {row[2] for row in rows}}
    return [
        {
            "ticker": ticker,
            "side": side,
            "quantity": quantity,
            "price": closes[ticker][day],
            "fees": FEES,
            "trade_date": day,
        }
        for day, side, ticker, quantity in rows
    ]


def fill(home: Home, step: Step) -> None:
    """Enter the trades of the demo user, run the real DAGs, and return when the marts hold everything."""
    with step("Register the demo user"):
        _register(home)
    with api_client(home) as api:
        first_time = api.get("/portfolio/status").json()["macro_as_of"] is None
        with step("Enter the demo's trades through the API"):
            for number, trade in enumerate(trades(home.sample_data)):
                reply = api.post("/transactions", json=trade, headers={"Idempotency-Key": f"demo-{number}"})
                if not reply.is_success:
                    raise LauncherError(f"The API rejected the demo trade {trade}: {reply.text}")
        if first_time:
            with Airflow(home) as airflow, step("Run the market and macro DAGs in Airflow, one task per model"):
                # Airflow starts each schedule's latest run by itself as soon as it has read the DAG.
                for dag_id in ("daily_market_data_ingestion", "monthly_fred_macro_refresh"):
                    airflow.wait_for_first_success(dag_id)
        with step("Wait until the marts hold every trade"):
            wait_until_up_to_date(api)


@contextmanager
def api_client(home: Home, login: Mapping[str, str] | None = None) -> Iterator[httpx.Client]:
    """An API client, logged in with `login` (email, password) or else as the demo user."""
    with httpx.Client(base_url=home.url("API_PORT") + "/api/v1", timeout=60, trust_env=False) as api:
        reply = api.post("/auth/login", json=login or home.remembered("logins.json")["demo"])
        if not reply.is_success:
            raise LauncherError(f"The API rejected the login: {reply.text}")
        api.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield api


def wait_until_up_to_date(api: httpx.Client) -> dict[str, Any]:
    """The portfolio's status once its marts contain every transaction; `api` is logged in."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        status: dict[str, Any] = api.get("/portfolio/status").raise_for_status().json()
        if status["up_to_date"]:
            return status
        if time.monotonic() > deadline:
            raise LauncherError(
                f"After {PATIENCE_SECONDS:g} s the marts still lack {status['pending_transactions']} transactions. "
                "Check the runs of transaction_sensor in Airflow."
            )
        time.sleep(0.1)


class Airflow:
    """Airflow's own REST API, as its UI uses it: a context manager that logs in."""

    def __init__(self, home: Home) -> None:
        self.login = home.remembered("logins.json")["airflow"]
        self.logs = home.logs / "airflow"
        self.client = httpx.Client(base_url=home.url("AIRFLOW_PORT"), timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        login = {"username": self.login["user"], "password": self.login["password"]}
        token = self.client.post("/auth/token", json=login).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def wait_for_first_success(self, dag_id: str) -> None:
        """Return once a run of the DAG has succeeded; a failed first run is an error."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._runs(dag_id, "success"):
            failed = self._runs(dag_id, "failed")
            if failed or time.monotonic() > deadline:
                outcome = (
                    f"run {failed[0]['dag_run_id']} failed" if failed else f"not done after {PATIENCE_SECONDS:g} s"
                )
                raise LauncherError(f"{dag_id}: {outcome}. See the task logs: {self.logs}/dag_id={dag_id}")
            time.sleep(0.2)

    def run(self, dag_id: str) -> None:
        """Start a run of the DAG, and return once no DAG is running."""
        self.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None}).raise_for_status()
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Return once no DAG is running."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(self._runs("~", state) for state in ("queued", "running")):
            if time.monotonic() > deadline:
                raise LauncherError(f"After {PATIENCE_SECONDS:g} s Airflow still runs {self._runs('~', 'running')}")
            time.sleep(0.2)

    def _runs(self, dag_id: str, state: str) -> list[dict[str, Any]]:
        reply = self.client.get(f"/api/v2/dags/{dag_id}/dagRuns", params={"state": state})
        # Not found: Airflow has not read the DAG yet.
        return reply.json()["dag_runs"] if reply.is_success else []


def _register(home: Home) -> None:
    address = home.url("API_PORT") + "/api/v1/auth/register"
    reply = httpx.post(address, json=home.remembered("logins.json")["demo"], trust_env=False)
    if reply.status_code not in {httpx.codes.CREATED, httpx.codes.CONFLICT}:
        raise LauncherError(f"The API did not register the demo user: {reply.text}")


def _closes(prices: Path) -> dict[str, str]:
    with prices.open(newline="") as file:
        return {date.fromisoformat(row["date"]).isoformat(): row["close"] for row in csv.DictReader(file)}
