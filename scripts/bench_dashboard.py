"""Measures what people wait for at the dashboard: a real browser, ten years of trades in fifty listings, all warm."""

import secrets
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, Response, sync_playwright

from dashboard.auth.guard import PAGES
from scripts import ten_years
from scripts.bench_models import Warehouse, empty_warehouse
from scripts.bench_service import API, DASHBOARD, files_of, serving
from scripts.demo import api_client
from scripts.home import ROOT
from scripts.promises import Promise

VISITS = 9
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CALLBACKS = "/_dash-update-component"
# What the schedules fetch besides what trades have fetched: the benchmark, exchange rates, macro series.
FETCH_THE_REST = "from ingestion import macro, prices; prices.backfill_missing_history(); macro.refresh_series()"
DRAWN = ".js-plotly-plot .scatterlayer .trace path"
# Milliseconds from the navigation's start until the first line of a chart is in the page.
NOTE_FIRST_CHART = f"""
new MutationObserver((_, observer) => {{
  if (document.querySelector("{DRAWN}")) {{
    window.firstChart = performance.now();
    observer.disconnect();
  }}
}}).observe(document, {{childList: true, subtree: true}});
"""


@dataclass
class Traffic:
    """What a page's visits moved: bytes of JSON of each visit, and milliseconds of each callback at the server."""

    json_bytes: list[int] = field(default_factory=list)
    callbacks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def median_callback(self) -> float:
        return statistics.median(spent for times in self.callbacks.values() for spent in times)

    def add(self, responses: list[Response]) -> None:
        answers = [answer for answer in responses if "json" in answer.headers.get("content-type", "")]
        self.json_bytes.append(sum(len(answer.body()) for answer in answers))
        for answer in answers:
            if urlsplit(answer.url).path == CALLBACKS:
                timing = answer.request.timing
                name = (answer.request.post_data_json or {})["output"]
                self.callbacks[name].append(timing["responseStart"] - timing["requestStart"])


def rows() -> list[Promise]:
    """Seconds to the first chart, JSON of the heaviest page, and the median callback of the slowest."""
    with TemporaryDirectory(prefix="macrofolio-market-") as folder, empty_warehouse() as everyone:
        market, home = Path(folder), everyone.home
        ten_years.write(market)
        with serving(API, home, market), serving(DASHBOARD, home, market), chromium() as browser:
            url, login = home.url(DASHBOARD.port), trade_for_ten_years(everyone, market)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(NOTE_FIRST_CHART)
            _sign_in(page, url, login)
            first_chart = _first_charts(page, url)
            traffic = {path: _visit(page, url + path) for path in PAGES}
    slowest = max(found.median_callback for found in traffic.values())
    _print(first_chart, traffic)
    heaviest = max(max(found.json_bytes) for found in traffic.values())
    return [
        Promise("First chart after navigation, ten years of fifty listings", statistics.median(first_chart), 1, 1.5),
        Promise("JSON of the dashboard's heaviest page", heaviest / 1000, 1, limit=400, unit="kB"),
        Promise("A callback's time at the server (median of the slowest page)", slowest, 1, limit=150, unit="ms"),
    ]


def trade_for_ten_years(everyone: Warehouse, market: Path) -> dict[str, str]:
    """The login of an investor with ten years of trades in fifty listings of `market`; the API runs.

    The trades go through its import, prices and macro series through the schedules' fetches, all through every model.
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
    """The login of somebody new."""
    login = {"email": f"{secrets.token_hex(6)}@example.org", "password": secrets.token_urlsafe(12)}
    httpx.post(f"{api_url}/api/v1/auth/register", json=login, trust_env=False).raise_for_status()
    return login


def installed_chromium() -> str | None:
    """The system's Chromium, where there is one."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def _sign_in(page: Page, url: str, login: dict[str, str]) -> None:
    page.goto(f"{url}/login")
    page.fill("#email", login["email"])
    page.fill("#password", login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")


def _first_charts(page: Page, url: str) -> list[float]:
    """Seconds of each visit to the analytics, after one that is not counted."""
    seconds = []
    for _ in range(VISITS + 1):
        page.goto(f"{url}/", wait_until="commit")
        page.locator(DRAWN).first.wait_for(state="attached")
        seconds.append(page.evaluate("window.firstChart") / 1000)
        page.wait_for_load_state("networkidle")
    return seconds[1:]


def _visit(page: Page, url: str) -> Traffic:
    """What a page moves until it is quiet, after a visit that is not counted."""
    traffic, responses = Traffic(), list[Response]()

    def keep(response: Response) -> None:
        responses.append(response)

    page.goto(url, wait_until="networkidle")
    page.on("response", keep)
    for _ in range(VISITS):
        responses.clear()
        page.goto(url, wait_until="networkidle")
        traffic.add(responses)
    page.remove_listener("response", keep)
    return traffic


def _print(first_chart: list[float], traffic: dict[str, Traffic]) -> None:
    print("First chart after " + ", ".join(f"{seconds:.2f}" for seconds in first_chart) + " s")
    for path, found in traffic.items():
        print(f"{path}: {statistics.median(found.json_bytes) / 1000:.0f} kB of JSON, and callbacks (median)")
        for name, times in sorted(found.callbacks.items(), key=lambda item: -statistics.median(item[1])):
            print(f"    {statistics.median(times):5.0f} ms  {name[:90]}")


if __name__ == "__main__":
    for row in rows():
        print(row)
