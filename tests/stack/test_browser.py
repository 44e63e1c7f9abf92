"""A person at the dashboard, in a real browser: logs in, records a trade, and sees it arrive in the analytics."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.stack.conftest import Stack

ARRIVAL_MILLISECONDS = 120_000


@pytest.fixture
def page(stack: Stack, investor: dict[str, str]) -> Iterator[Page]:
    """The ledger page, logged in, in headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "The browser test needs Chromium: install your system's chromium package."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(stack.home.url("DASHBOARD_PORT") + "/ledger")
        page.fill("#email", investor["email"])
        page.fill("#password", investor["password"])
        page.keyboard.press("Enter")
        page.wait_for_selector("#ledger-ticker")
        yield page
        browser.close()


def record(page: Page, ticker: str, quantity: str, price: str, trade_date: str) -> None:
    page.fill("#ledger-ticker", ticker)
    page.fill("#ledger-quantity", quantity)
    page.fill("#ledger-price", price)
    page.fill("#ledger-trade_date", trade_date)
    page.click("#ledger-record")


def test_a_trade_recorded_in_the_browser_arrives_in_the_charts(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    record(page, "AAPL", "58", "88.99", "2005-02-25")

    expect(page.locator("#ledger-travel")).to_contain_text("Purchase of 58 AAPL on Feb 25, 2005")
    expect(page.locator("#ledger-grid .ag-row", has_text="Feb 25, 2005")).to_contain_text("AAPL")
    page.click("text=Analytics")
    holding = page.locator("#analytics-tickers tr", has_text="AAPL")
    expect(holding).to_contain_text("116", timeout=ARRIVAL_MILLISECONDS)  # twice as many since the split of 2005-02-28
    expect(page.locator("#analytics-value .scatterlayer path").first).to_be_attached()
    expect(page.locator("#shell-status")).to_contain_text("Prices end on Mar 1, 2013")
    assert complaints == []


def test_a_refused_sale_says_why_beside_the_form(page: Page) -> None:
    page.click("#ledger-type >> text=Sell")
    record(page, "FB", "3", "27.77", "2013-03-01")

    expect(page.locator("#ledger-quantity-error")).to_contain_text("Cannot sell 3 FB on 2013-03-01: 0 held")
