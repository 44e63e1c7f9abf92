"""The settings page in a real browser, against the real API; and where it says what went wrong."""

import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.settings import layout
from dashboard.ui import notices

expect.set_options(timeout=20_000)  # a busy machine is not a failure
PASSWORD, NEXT_PASSWORD = "correct horse battery staple", "another staple battery horse"
EMAIL = "grace@example.org"
TODAY = date(2013, 3, 4)


@pytest.fixture(scope="module")
def page(dashboard_url: str) -> Iterator[Page]:
    """The settings of a new account, in a fresh headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        tab = browser.new_page(viewport={"width": 390, "height": 900})
        tab.goto(f"{dashboard_url}/register")
        tab.get_by_label("E-mail").fill(EMAIL)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Create account").click()
        tab.get_by_role("link", name="Settings").click()
        expect(tab.get_by_role("textbox", name="Base currency")).to_have_value("USD")
        yield tab
        browser.close()


def test_a_wrong_currency_is_told_at_its_field_and_a_right_one_is_kept(page: Page) -> None:
    page.get_by_role("textbox", name="Base currency").fill("XYZ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("textbox", name="Base currency")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("XYZ is not a currency code")).to_be_visible()

    page.get_by_role("textbox", name="Base currency").fill("eur")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Saved.")
    page.reload()
    expect(page.get_by_role("textbox", name="Base currency")).to_have_value("EUR")


def test_a_wrong_password_is_told_at_its_field_and_the_right_one_changes_it(page: Page, api_url: str) -> None:
    page.locator("#settings-current_password").fill("not my password")
    page.get_by_label("New password").fill(NEXT_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong")).to_be_visible()

    page.locator("#settings-current_password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("Password changed")
    expect(page.get_by_label("New password")).to_have_value("")
    assert log_in(api_url).is_success


def test_a_token_is_shown_once_and_opens_nothing_after_it_was_revoked(page: Page, api_url: str) -> None:
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_attribute("aria-invalid", "true")

    page.get_by_role("textbox", name="Name").fill("Nightly <b>report</b>")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Enter your current password to confirm")).to_be_visible()
    page.locator("#settings-token-password").fill(NEXT_PASSWORD)
    page.get_by_role("button", name="Create token").click()
    token = page.locator("#settings-token").inner_text()
    assert profile(api_url, token) == 200
    expect(page.get_by_role("row", name="Nightly <b>report</b>")).to_contain_text("read")

    page.get_by_role("button", name="Revoke Nightly <b>report</b>").click()
    expect(page.get_by_text("You have no tokens.")).to_be_visible()
    expect(page.locator("#settings-token")).to_have_count(0)
    assert profile(api_url, token) == 401


def test_another_session_can_be_ended_and_this_one_goes_on(page: Page, api_url: str) -> None:
    other = log_in(api_url).json()["access_token"]
    page.reload()
    ends = page.get_by_role("button", name="End the session started")
    expect(ends.first).to_be_visible()

    for left in reversed(range(ends.count())):
        ends.first.click()
        expect(ends).to_have_count(left)
    expect(page.get_by_role("alert")).to_contain_text("Session ended.")
    expect(page.get_by_role("textbox", name="Base currency")).to_be_visible()
    assert profile(api_url, other) == 401


def test_what_can_be_done_with_a_session_is_seen_on_a_narrow_screen(page: Page) -> None:
    box = page.locator("#settings-sessions td:last-child").first.bounding_box()

    assert box is not None
    assert box["x"] + box["width"] <= 390


def test_the_account_is_erased_only_by_its_own_address(page: Page, api_url: str) -> None:
    page.get_by_label("Type your e-mail address to confirm").fill("bob@example.org")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("This is not your account's address")).to_be_visible()
    assert log_in(api_url).is_success

    page.get_by_label("Type your e-mail address to confirm").fill(EMAIL)
    page.locator("#settings-erase-password").fill("not the password")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("The current password is wrong. Nothing was changed.")).to_be_visible()
    page.locator("#settings-erase-password").fill(NEXT_PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    page.wait_for_url("**/login**")
    assert log_in(api_url).status_code == 401


def test_what_is_about_no_field_of_the_form_is_told_below_it() -> None:
    at_fields = ApiRefusalError(422, "invalid", "Not accepted.", {"benchmark": "There is no such ticker."})
    of_all = ApiRefusalError(429, "too_many_attempts", "Wait 10 seconds.", {})

    assert notices.refused(at_fields, ("benchmark", "name")) == (
        {"benchmark": "There is no such ticker.", "name": ""},
        None,
    )
    assert "Wait 10 seconds." in str(notices.refused(of_all, ("benchmark",))[1])
    assert "is not responding" in str(notices.refused(ApiUnavailableError(), ("benchmark",))[1])


def test_the_session_at_hand_has_no_button_that_ends_it() -> None:
    times = dict.fromkeys(("created_at", "last_refreshed_at", "expires_at"), "2013-03-04T06:00:00+00:00")

    session: Any = times | {"session_id": "a", "is_current": True}
    shown = str(layout.session_table([session], TODAY))

    assert "this one" in shown
    assert "Button" not in shown


def log_in(api_url: str) -> httpx.Response:
    """With the password that was chosen last."""
    login = {"email": EMAIL, "password": NEXT_PASSWORD}
    return httpx.post(f"{api_url}/api/v1/auth/login", json=login, trust_env=False)


def profile(api_url: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{api_url}/api/v1/auth/me", headers=headers, trust_env=False).status_code
