"""A script that somebody wrote into a note, or a provider into a name, is shown to its reader.

That it stays text on every page is tested where every page is opened: test_every_page.py.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from scripts.demo.ten_years import SCRIPT
from tests.browser.tab import Tab

Visit = Callable[..., Tab]


@pytest.mark.parametrize("path", ["/", "/ledger?ticker=T09", "/data"])
def test_it_is_there_to_read(visit: Visit, path: str) -> None:
    tab = visit(path)

    expect(tab.page.locator("main")).to_contain_text(SCRIPT)
