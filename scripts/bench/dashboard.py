"""Measures what people wait for in the dashboard: a real browser, ten years of trades in fifty listings, warm cache."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

from dashboard.auth.guard import PAGES
from scripts.bench.promises import Promise
from scripts.demo import ten_years
from scripts.demo.ten_years_portfolio import trade_for_ten_years
from scripts.demo.warehouse import empty_warehouse
from scripts.launcher.browser import chromium
from scripts.launcher.serving import API, DASHBOARD, serving

VISITS = 9
CALLBACKS = "/_dash-update-component"
DRAWN = ".js-plotly-plot .scatterlayer .trace path"
# Milliseconds from the start of navigation until a chart's first line is in the page.
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
    """What a page's visits moved: bytes of JSON per visit, and server milliseconds per callback."""

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
    """Seconds to the first chart, JSON of the heaviest page, and the slowest page's median callback."""
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
        Promise("Server time of a callback (median of the slowest page)", slowest, 1, limit=150, unit="ms"),
    ]


def _sign_in(page: Page, url: str, login: dict[str, str]) -> None:
    page.goto(f"{url}/login")
    page.fill("#email", login["email"])
    page.fill("#password", login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")


def _first_charts(page: Page, url: str) -> list[float]:
    """Seconds per visit to the analytics page, after one that doesn't count."""
    seconds = []
    for _ in range(VISITS + 1):
        page.goto(f"{url}/", wait_until="commit")
        page.locator(DRAWN).first.wait_for(state="attached")
        seconds.append(page.evaluate("window.firstChart") / 1000)
        page.wait_for_load_state("networkidle")
    return seconds[1:]


def _visit(page: Page, url: str) -> Traffic:
    """What a page transfers until it is quiet, after a visit that doesn't count."""
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
