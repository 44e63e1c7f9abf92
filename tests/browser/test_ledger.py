"""A trade's life: recorded, worked in, seen in the charts, changed, deleted, taken back; and a file of them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.demo.ten_years import SCRIPT, TRADES
from tests.browser.conftest import Stage
from tests.browser.tab import Tab

OpenTab = Callable[..., Tab]


def record(page: Page, quantity: str, price: str, *, side: str = "Buy", note: str = "") -> None:
    page.get_by_text(side, exact=True).first.click()
    page.get_by_role("textbox", name="Ticker", exact=True).fill("T01")
    for name, text in (("Quantity", quantity), ("Price per unit", price), ("Trade date", "2016-01-19"), ("Note", note)):
        page.get_by_label(name).fill(text)
    page.get_by_role("button", name="Record", exact=True).click()


def close_of_the_day(stage: Stage) -> str:
    """What T01 closed at on the day of `record`."""
    trades = (stage.market / TRADES).read_text().splitlines()
    return next(line for line in trades if line.startswith("T01,BUY") and ",2016-01-19," in line).split(",")[3]


def row(page: Page) -> Locator:
    return page.get_by_role("region", name="Transactions").get_by_role("row", name="T01")


def test_a_trade_lives_from_the_form_to_the_charts_and_back(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab().sign_in(stage.newcomer(), "/ledger")
    page, price = tab.page, close_of_the_day(stage)

    record(page, "3", price, side="Sell")
    expect(page.locator("#ledger-quantity-error")).to_contain_text("0 held")
    record(page, "10.5", price, note=SCRIPT)
    expect(row(page)).to_contain_text("10.5")
    expect(page.locator("#ledger-travel")).to_contain_text("in progress")
    stage.work_in()
    tab.look_now()
    expect(page.locator("#ledger-travel")).to_contain_text("in your portfolio")

    page.get_by_role("link", name="See it in your analytics").click()
    expect(page.locator("#analytics-tickers")).to_contain_text("T01")
    expect(page.locator("#analytics-value .scatterlayer .trace path").first).to_be_attached()

    page.get_by_role("navigation").get_by_role("link", name="Ledger").click()
    row(page).click()
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Quantity")).to_have_value("10.5")
    page.get_by_label("Quantity").fill("12")
    page.get_by_role("button", name="Save change").click()
    expect(row(page)).to_contain_text("12")
    row(page).click()
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog")).to_contain_text("10.5")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    expect(row(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page)).to_contain_text("12")


def test_open_charts_follow_a_trade_by_themselves(open_tab: OpenTab, stage: Stage) -> None:
    login = stage.newcomer()
    charts = open_tab().sign_in(login)
    ledger = open_tab().sign_in(login, "/ledger")
    expect(charts.page.get_by_role("heading", name="Start with your first purchase")).to_be_visible()

    record(ledger.page, "10", close_of_the_day(stage))
    expect(row(ledger.page)).to_be_visible()
    stage.work_in()

    expect(charts.page.locator("#analytics-value .scatterlayer .trace path").first).to_be_attached()
    expect(charts.page.locator("#analytics-tickers")).to_contain_text("T01")


def test_a_file_is_previewed_refused_mended_and_imported(open_tab: OpenTab, stage: Stage, tmp_path: Path) -> None:
    tab = open_tab().sign_in(stage.newcomer(), "/ledger")
    page = tab.page
    lines = (stage.market / TRADES).read_text().splitlines()[:12]
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("\n".join(lines))
    bad.write_text("\n".join([*lines, "T01,BUY,-1,20,1.5,2016-01-19,"]))
    page.get_by_role("tab", name="A file").click()
    report, take_in = page.locator("#ledger-report"), page.get_by_role("button", name="Import", exact=True)

    page.locator("#ledger-file input[type=file]").set_input_files(bad)
    expect(report).to_contain_text("1 line has problems")
    expect(take_in).to_be_disabled()
    page.locator("#ledger-file input[type=file]").set_input_files(good)
    expect(report).to_contain_text("11 will be added")
    expect(page.locator("#ledger-told")).to_contain_text("No transactions")
    take_in.click()

    expect(report).to_contain_text("Imported: 11 added")
    expect(page.locator("#ledger-told")).to_contain_text("All 11 transactions")


@pytest.mark.parametrize("size", ["phone"])
def test_the_form_can_be_filled_in_by_keyboard_alone(open_tab: OpenTab, stage: Stage, size: str) -> None:
    tab = open_tab(size=size).sign_in(stage.newcomer(), "/ledger")
    page = tab.page
    page.get_by_role("textbox", name="Ticker", exact=True).focus()

    for text in ("T01", "4", close_of_the_day(stage), "01192016"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_label("Price per unit")).to_have_accessible_description(re.compile("on Jan 19, 2016"))
    page.get_by_label("Price per unit").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#ledger-told")).to_contain_text("1 transaction")


def test_a_ticker_is_renamed_with_all_of_its_transactions(open_tab: OpenTab, stage: Stage) -> None:
    tab = open_tab().sign_in(stage.newcomer(), "/ledger")
    page, price = tab.page, close_of_the_day(stage)
    record(page, "10.5", price)
    expect(row(page)).to_contain_text("10.5")
    record(page, "4", price, side="Sell")
    expect(row(page)).to_have_count(2)

    page.get_by_role("tab", name="Rename a ticker").click()
    page.get_by_role("textbox", name="Old ticker").fill("t01")
    page.get_by_role("textbox", name="New ticker").fill("NOPE")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator("#ledger-renamed")).to_contain_text("NOPE")
    page.get_by_role("textbox", name="New ticker").fill("T02")
    page.get_by_text("Accept prices far from the new ticker's").click()
    page.get_by_role("button", name="Rename", exact=True).click()

    expect(page.locator("#ledger-renamed")).to_contain_text("Renamed: 2 transactions of T01, now T02.")
    expect(row(page)).to_have_count(0)
    expect(page.get_by_role("region", name="Transactions").get_by_role("row", name="T02")).to_have_count(2)


def test_a_file_with_lines_above_its_header_and_money_nobody_named(
    open_tab: OpenTab, stage: Stage, tmp_path: Path
) -> None:
    tab = open_tab().sign_in(stage.newcomer(), "/ledger")
    page, price = tab.page, close_of_the_day(stage)
    file = tmp_path / "bank.csv"
    lines = ["Konto : 4711,,,,,", "Datum,Side,Ticker,Quantity,Price,Abgabe", f"19-Jan-2016,Kauf,T01,2,{price},1.50"]
    file.write_text("\n".join(lines))
    page.get_by_role("tab", name="A file").click()
    page.locator("#ledger-format").click()
    page.get_by_role("option", name="Any other CSV").click()
    page.locator("#ledger-file input[type=file]").set_input_files(file)

    page.get_by_role("textbox", name="Trade date", exact=True).last.click()
    page.get_by_role("option", name="Datum").click()
    page.get_by_label("Word for a purchase").fill("Kauf")
    page.get_by_role("button", name="Preview").click()

    report = page.locator("#ledger-report")
    expect(report).to_contain_text("1 will be added")
    expect(report).to_contain_text("Ignored columns with amounts: “Abgabe”")
