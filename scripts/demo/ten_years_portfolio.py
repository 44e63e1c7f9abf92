"""The investor who traded in the made-up market: through the API, the scheduled fetches and every model."""

import secrets
import subprocess
import sys
from pathlib import Path

import httpx

from scripts.demo import ten_years
from scripts.demo.portfolio import api_client
from scripts.demo.warehouse import Warehouse
from scripts.launcher.home import ROOT
from scripts.launcher.serving import API, files_of

# What the schedules fetch beyond the trades' tickers: the benchmark, exchange rates, macro series.
FETCH_THE_REST = """
from ingestion.macro.macro_refresh import refresh_series
from ingestion.prices.price_refresh import backfill_missing_history
backfill_missing_history()
refresh_series()
"""


def trade_for_ten_years(everyone: Warehouse, market: Path) -> dict[str, str]:
    """The login of an investor with ten years of trades in fifty listings of `market`; the API runs.

    The trades go through the API's import, prices and macro series through the scheduled fetches, and all through every
    model.
    """
    home = everyone.home
    login = register(home.url(API.port))
    with api_client(home, login) as api:
        trades = (market / ten_years.TRADES).read_bytes()
        api.post("/transactions/import", content=trades).raise_for_status()
    environment = API.environment(home, files_of(market))
    subprocess.run([sys.executable, "-c", FETCH_THE_REST], env=environment, cwd=ROOT, check=True)
    everyone.run_models()
    return login


def register(api_url: str) -> dict[str, str]:
    """The login of a new user."""
    login = {"email": f"{secrets.token_hex(6)}@example.org", "password": secrets.token_urlsafe(12)}
    httpx.post(f"{api_url}/api/v1/auth/register", json=login, trust_env=False).raise_for_status()
    return login
