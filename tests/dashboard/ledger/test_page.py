"""The ledger in a real browser, from a new account through every change to a file; all under the real policy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from dashboard.ledger import grid

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


def register(page: Page, dashboard_url: str, email: str) -> None:
    page.goto(f"{dashboard_url}/register")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Start with your first purchase")).to_be_visible()


def fill_in(page: Page, side: str, quantity: str, price: str, note: str = "") -> None:
    page.locator("#ledger-type").get_by_text(side, exact=True).click()
    page.get_by_role("textbox", name="Ticker", exact=True).fill("VTI")
    page.get_by_label("Quantity").fill(quantity)
    page.get_by_label("Price per unit").fill(price)
    page.get_by_label("Trade date").fill("2024-01-03")
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Record", exact=True).click()


def rows(page: Page) -> Locator:
    return page.locator("#ledger-grid .ag-center-cols-container .ag-row")


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="choose one").click()
    chooser.value.set_files(file)


def test_from_a_new_account_to_the_first_transactions(page: Page, dashboard_url: str) -> None:
    register(page, dashboard_url, "eve@example.org")
    page.get_by_role("link", name="Record a purchase").click()

    fill_in(page, "Sell", "3", "102")
    expect(page.locator("#ledger-quantity-error")).to_contain_text("Cannot sell 3 VTI on 2024-01-03: 0 held that day.")
    expect(page.locator("#ledger-price-description")).to_have_text("$100.00 to $104.00 on Jan 3, 2024")
    fill_in(page, "Buy", "10.5", "9000", SCRIPT)
    expect(page.locator("#ledger-price-error")).to_contain_text("on 2024-01-03, far from 9000.")
    page.get_by_role("button", name="Record it anyway").click()

    expect(page.get_by_text("Purchase of 10.5 VTI on Jan 3, 2024: models, in progress.")).to_be_visible()
    expect(rows(page)).to_contain_text("Jan 3, 2024")
    expect(rows(page)).to_contain_text("$9,000.00")
    expect(page).to_have_title("Ledger · Macrofolio")
    expect(page.locator("#shell-status")).to_contain_text("1 transaction is being processed")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_transaction_is_changed_deleted_and_taken_back(page: Page, dashboard_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    register(page, dashboard_url, "ida@example.org")
    page.goto(f"{dashboard_url}/ledger")
    fill_in(page, "Buy", "10", "102", SCRIPT)
    expect(rows(page)).to_contain_text(SCRIPT)

    rows(page).first.click()
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Change: Purchase of 10 VTI on Jan 3, 2024")).to_be_visible()
    page.get_by_label("Quantity").fill("12.5")
    page.get_by_role("button", name="Save change").click()
    expect(rows(page)).to_contain_text("12.5")

    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog")).to_contain_text("Quantity: 10 → 12.5")
    expect(page.get_by_role("dialog")).to_contain_text(f"Note: {SCRIPT}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.get_by_role("button", name="Delete").click()
    expect(rows(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("12.5")
    expect(page).to_have_title("Ledger · Macrofolio")


def test_a_file_is_previewed_before_it_is_imported(page: Page, dashboard_url: str, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    file = tmp_path / "transactions.csv"
    header = "ticker,side,quantity,price,trade_date\nVTI,BUY,3,102,2024-01-03\n"
    register(page, dashboard_url, "uma@example.org")
    page.goto(f"{dashboard_url}/ledger")
    page.get_by_role("tab", name="A file").click()
    report = page.locator("#ledger-report")

    file.write_text(f"{header}VTI,SELL,30,102,2024-01-04\n")
    choose(page, file)
    expect(report.get_by_role("gridcell", name="Sells 30 VTI on 2024-01-04, but only 3 held that day.")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()

    file.write_text(header)
    choose(page, file)
    expect(report.get_by_role("alert")).to_contain_text("Read as Macrofolio: 1 will be added.")
    expect(page.locator("#ledger-told")).to_contain_text("No transactions yet")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(report.get_by_role("alert")).to_contain_text("Imported: 1 added.")
    expect(rows(page)).to_have_count(1)

    with page.expect_download() as exported:
        page.get_by_role("button", name="Export CSV").click()
    assert "VTI,BUY,3,102,0,USD,,,2024-01-03" in exported.value.path().read_text()


def test_a_long_ledger_is_shown_by_its_newest_and_narrowed_by_the_address(
    page: Page, dashboard_url: str, api_url: str
) -> None:
    register(page, dashboard_url, "max@example.org")
    record_many("max@example.org", api_url, grid.SHOWN + 1)

    page.goto(f"{dashboard_url}/ledger")
    told = page.locator("#ledger-told")
    expect(told).to_have_text("The newest 1,000 transactions.")
    page.get_by_role("button", name="Load older transactions").click()
    expect(told).to_have_text("All 1,001 transactions")

    page.goto(f"{dashboard_url}/ledger?ticker=VOO")
    expect(told).to_have_text("No transactions in VOO yet. New transactions appear here, newest first.")
    page.locator("#ledger-of").click()
    page.get_by_role("option", name="VOO").click()  # what is chosen again is no longer chosen
    expect(told).to_have_text("The newest 1,000 transactions.")
    expect(page).to_have_url(f"{dashboard_url}/ledger")


def record_many(email: str, api_url: str, count: int) -> None:
    login = {"email": email, "password": PASSWORD}
    with httpx.Client(base_url=f"{api_url}/api/v1", trust_env=False, timeout=60) as api:
        token = api.post("/auth/login", json=login).json()["access_token"]
        lines = ["ticker,side,quantity,price,trade_date", *["VTI,BUY,1,102,2024-01-03"] * count]
        bearer = {"Authorization": f"Bearer {token}"}
        assert api.post("/transactions/import", content="\n".join(lines), headers=bearer).json()["added"] == count
