"""The platform in front of a real browser: its API, its dashboard, and ten years of trades in its marts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, expect

from scripts.demo import ten_years
from scripts.demo.ten_years_portfolio import register, trade_for_ten_years
from scripts.demo.warehouse import Warehouse, empty_warehouse
from scripts.launcher.browser import chromium, installed_chromium
from scripts.launcher.services import Service
from scripts.launcher.serving import API, DASHBOARD, serving
from tests.browser.tab import Tab

expect.set_options(timeout=60_000)  # a busy machine is not a failure


@dataclass
class Stage:
    """A running platform; `investor` is the login of somebody with ten years of trades in fifty listings."""

    warehouse: Warehouse
    market: Path
    investor: dict[str, str] = field(default_factory=dict)
    running: dict[str, ExitStack] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.warehouse.home.url(DASHBOARD.port)

    @property
    def api_url(self) -> str:
        return self.warehouse.home.url(API.port)

    def start(self, service: Service) -> None:
        """Start it, and return when it is healthy."""
        self.running[service.name] = ExitStack()
        self.running[service.name].enter_context(serving(service, self.warehouse.home, self.market))

    def stop(self, service: Service) -> None:
        self.running.pop(service.name).close()

    def newcomer(self) -> dict[str, str]:
        """The login of somebody who has just registered."""
        return register(self.api_url)

    def work_in(self) -> None:
        """Run what a recorded trade starts: every model that depends on the ledger."""
        self.warehouse.run_models("source:bronze.transactions+")


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if not installed_chromium():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    market = tmp_path_factory.mktemp("market")
    ten_years.write(market)
    with empty_warehouse() as warehouse:
        stage = Stage(warehouse, market)
        try:
            stage.start(API)
            stage.start(DASHBOARD)
            stage.investor = trade_for_ten_years(warehouse, market)
            yield stage
        finally:
            for name in list(stage.running):
                stage.running.pop(name).close()


@pytest.fixture(scope="package")
def browser(stage: Stage) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def signed_in(browser: Browser, stage: Stage) -> StorageState:
    """What a browser keeps when the investor has logged in."""
    tab = Tab.opened(browser, stage.url).sign_in(stage.investor, "/settings")
    kept = tab.page.context.storage_state()
    tab.close()
    return kept


@pytest.fixture
def open_tab(browser: Browser, stage: Stage) -> Iterator[Callable[..., Tab]]:
    """Opens tabs (`size`, `scheme`), each a browser of its own; at the end none may have met anything unforeseen."""
    tabs: list[Tab] = []

    def open_one(**options: Any) -> Tab:
        tabs.append(Tab.opened(browser, stage.url, **options))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()


@pytest.fixture
def visit(open_tab: Callable[..., Tab], signed_in: StorageState, stage: Stage) -> Callable[..., Tab]:
    """Opens a path in a tab of the investor, who has logged in before; takes what `open_tab` takes."""

    def visit_one(path: str = "/", **options: Any) -> Tab:
        tab = open_tab(kept=signed_in, **options).visit(path)
        assert tab.page.url == stage.url + path
        return tab

    return visit_one
