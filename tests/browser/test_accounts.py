"""Accounts in a browser: opened, told what cash is in them, and compared with the broker's paper; and their form."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Stage
from tests.browser.tab import Tab

OpenTab = Callable[..., Tab]
DAY = "2016-01-19"


def open_account(page: Page, name: str) -> None:
    page.locator("#accounts-new-name").fill(name)
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator("#accounts-list")).to_contain_text(name)


def record(page: Page, kind: str, amount: str, account: str = "") -> None:
    page.locator("#ledger-type").get_by_text(kind, exact=True).click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Date", exact=True).fill(DAY)
    if account:
        page.get_by_role("textbox", name="Account").click()
        page.get_by_role("option", name=account).click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#ledger-travel")).to_contain_text(kind)


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="Transactions, newest first")


def test_the_form_shows_what_the_chosen_type_has(open_tab: OpenTab, stage: Stage) -> None:
    page = open_tab().sign_in(stage.newcomer(), "/ledger").page
    expect(page.get_by_label("Quantity")).to_be_visible()
    expect(page.locator("#ledger-account_id")).to_be_hidden()

    page.locator("#ledger-type").get_by_text("Dividend", exact=True).click()
    expect(page.get_by_label("Quantity")).to_be_hidden()
    expect(page.get_by_label("Amount")).to_be_visible()
    page.locator("#ledger-type").get_by_text("More", exact=True).click()
    page.locator("#ledger-other").get_by_text("Fee", exact=True).click()
    expect(page.get_by_role("textbox", name="Ticker (optional)")).to_be_visible()
    expect(page.get_by_label("Taxes (optional)")).to_be_hidden()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#ledger-amount-error")).to_have_text("Required.")

    page.locator("#ledger-type").get_by_text("Deposit", exact=True).click()
    expect(page.locator("#ledger-needs")).to_contain_text("Main doesn't keep track of cash")
    page.get_by_role("link", name="Turn that on under Accounts").click()
    expect(page.get_by_role("heading", name="Accounts", level=1)).to_be_visible()


def test_cash_from_the_first_deposit_to_the_paper(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab().sign_in(stage.newcomer(), "/accounts")
    page = tab.page
    open_account(page, "My broker")
    open_account(page, "Savings")
    page.locator("#accounts-new-name").fill("savings")
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator("#accounts-new-name-error")).to_contain_text("You have an account named savings already")

    page.get_by_role("navigation").get_by_role("link", name="Ledger").click()
    record(page, "Deposit", "1000", "My broker")
    record(page, "Withdrawal", "12.50")
    expect(rows(page).get_by_role("row", name="Withdrawal")).to_contain_text("$12.50")
    expect(rows(page).get_by_role("row", name="Deposit")).to_contain_text("$1,000.00")
    stage.work_in()

    tab.visit("/accounts")
    expect(page.get_by_role("row", name="My broker")).to_contain_text("$987.50")
    page.locator("#accounts-from").fill("2016-01-01")
    page.locator("#accounts-to").fill("2016-01-31")
    statement = page.get_by_role("region", name="Statement in USD")
    expect(statement).to_contain_text("+$1,000.00")
    expect(statement).to_contain_text("$987.50")

    page.locator("#accounts-day").fill("2016-01-31")
    page.locator("#accounts-paper").fill("1,000.00")
    page.get_by_role("button", name="Compare").click()
    compared = page.locator("#accounts-comparison")
    expect(compared).to_contain_text("The paper says $12.50 more than your ledger on Jan 31, 2016.")
    expect(compared).to_contain_text("Withdrawal of $12.50 on Jan 19, 2016 is in your ledger. Is it on the paper?")
    page.locator("#accounts-paper").fill("987.50")
    page.keyboard.press("Enter")
    expect(compared).to_contain_text("It matches on Jan 31, 2016, to the cent.")


def test_an_account_is_renamed_closed_and_reopened_and_an_unused_one_deleted(open_tab: OpenTab, stage: Stage) -> None:
    page = open_tab().sign_in(stage.newcomer(), "/accounts").page
    open_account(page, "Old name")

    page.get_by_role("button", name="Change Old name").click()
    page.get_by_role("dialog").get_by_label("Name").fill("New name")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="New name")).to_be_visible()

    page.get_by_role("button", name="Change New name").click()
    page.get_by_role("button", name="Close the account").click()
    expect(page.get_by_role("row", name="New name")).to_contain_text("closed")
    page.get_by_role("button", name="Change New name").click()
    page.get_by_role("button", name="Reopen the account").click()
    expect(page.get_by_role("row", name="New name")).not_to_contain_text("closed")

    page.get_by_role("button", name="Change New name").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row", name="New name")).to_have_count(0)
    page.get_by_role("button", name="Change Main").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
