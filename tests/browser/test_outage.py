"""While the API is down people see what they saw, are told, stay logged in, and need do nothing when it is back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.auth.guard import PAGES
from scripts.launcher.serving import API
from tests.browser.conftest import Stage
from tests.browser.tab import Tab
from tests.support.platform import wait_until

OpenTab = Callable[..., Tab]
OUTAGE = "is not responding"


@pytest.fixture
def away(stage: Stage) -> Iterator[Callable[[], None]]:
    """Stops the API; it is there again after the test."""
    yield lambda: stage.stop(API)
    if API.name not in stage.running:
        stage.start(API)


def status(page: Page) -> Locator:
    return page.locator("#shell-status")


def length(page: Page) -> int:
    """How much there is to read."""
    return len(page.locator("main").inner_text())


def test_what_is_shown_stays_and_goes_on_when_the_api_is_back(
    open_tab: OpenTab, stage: Stage, away: Callable[[], None]
) -> None:
    tab = open_tab().sign_in(stage.investor)
    chart = tab.page.locator(".js-plotly-plot .scatterlayer .trace path").first
    expect(chart).to_be_attached()
    shown = tab.page.locator("main").inner_text()

    away()
    tab.look_now()

    expect(status(tab.page)).to_contain_text(OUTAGE)
    expect(chart).to_be_attached()
    assert tab.page.locator("main").inner_text() == shown
    stage.start(API)
    expect(status(tab.page)).to_contain_text("Prices end on")
    assert tab.page.url == f"{stage.url}/"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_is_opened_meanwhile_is_friendly_and_fills_by_itself(
    open_tab: OpenTab, stage: Stage, away: Callable[[], None], path: str
) -> None:
    tab = open_tab().sign_in(stage.investor, path)
    filled = length(tab.page)

    away()
    tab.visit(path)

    expect(status(tab.page)).to_contain_text(OUTAGE)
    expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
    stage.start(API)
    expect(status(tab.page)).to_contain_text("Prices end on")
    wait_until(lambda: length(tab.page) > 0.9 * filled, "the page holds what it held before", seconds=20)


def test_a_login_meanwhile_says_that_nothing_is_lost(open_tab: OpenTab, stage: Stage, away: Callable[[], None]) -> None:
    tab = open_tab()
    tab.foreseen.append("503 (SERVICE UNAVAILABLE)")
    away()
    tab.page.goto(stage.url)

    tab.fill_in(stage.investor)

    expect(tab.page.get_by_role("alert")).to_contain_text("Nothing is lost")
    expect(tab.page.get_by_label("E-mail")).to_have_value(stage.investor["email"])
