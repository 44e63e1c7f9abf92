"""The ledger in a real browser, from a new account to its first transaction; every script under the real policy."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

expect.set_options(timeout=20_000)  # a busy machine is not a failure
PASSWORD = "correct horse battery staple"
SCRIPT = "<img src=x onerror=\"document.title='broken in'\">"


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab of a fresh headless Chromium; whatever its console calls an error fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        tab = browser.new_page(viewport={"width": 390, "height": 900})
        errors: list[str] = []
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        yield tab
        browser.close()
    assert errors == []


def fill_in(page: Page, side: str, quantity: str, price: str, note: str = "") -> None:
    page.get_by_text(side, exact=True).first.click()
    page.get_by_label("Ticker", exact=True).fill("VTI")
    page.get_by_label("Quantity").fill(quantity)
    page.get_by_label("Price per unit").fill(price)
    page.get_by_label("Trade date").fill("2024-01-03")
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Record").click()


def test_from_a_new_account_to_the_first_transactions(page: Page, dashboard_url: str) -> None:
    page.goto(f"{dashboard_url}/register")
    page.get_by_label("E-mail").fill("eve@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Start with your first purchase")).to_be_visible()
    page.get_by_role("link", name="Record a purchase").click()

    fill_in(page, "Sell", "3", "102")
    expect(page.get_by_role("alert")).to_contain_text("Cannot sell 3 VTI on 2024-01-03: 0 held that day.")
    fill_in(page, "Buy", "10.5", "9000", SCRIPT)
    expect(page.get_by_role("alert")).to_contain_text("on 2024-01-03, far from 9000.")
    page.get_by_text("The price is right, record it").click()
    page.get_by_role("button", name="Record").click()

    expect(page.get_by_role("alert")).to_contain_text("Purchase of 10.5 VTI on 2024-01-03 recorded")
    row = page.get_by_role("row", name="2024-01-03")
    expect(row).to_contain_text("10.5")
    expect(row).to_contain_text("$9,000.00")
    expect(row).to_contain_text(SCRIPT)
    expect(page).to_have_title("Ledger · Macrofolio")
    expect(page.get_by_role("status")).to_contain_text("1 transaction is being worked in")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
