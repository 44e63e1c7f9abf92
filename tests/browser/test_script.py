"""A script that somebody wrote into a note, or a provider into a name, is text on every page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dashboard.auth import PAGES
from scripts.ten_years import SCRIPT
from tests.browser.conftest import Stage
from tests.browser.tab import Tab

OpenTab = Callable[..., Tab]


@pytest.mark.parametrize("path", PAGES)
def test_a_script_in_a_note_or_a_name_stays_text(open_tab: OpenTab, stage: Stage, path: str) -> None:
    tab = open_tab().sign_in(stage.investor, path)

    expect(tab.page).not_to_have_title("broken in")
    expect(tab.page.locator("img[src=x], main script")).to_have_count(0)
    # The tab's console has not told of a violated policy either: that is looked at when it closes.


@pytest.mark.parametrize("path", ["/", "/ledger?ticker=T09", "/data"])
def test_it_is_there_to_read(open_tab: OpenTab, stage: Stage, path: str) -> None:
    tab = open_tab().sign_in(stage.investor, path)

    expect(tab.page.locator("main")).to_contain_text(SCRIPT)
