"""Everything can be reached and done without a mouse, and one sees where one is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard.auth.guard import PAGES
from tests.browser.tab import Tab

Visit = Callable[..., Tab]
MOST_STOPS = 400
# A ring, or what has its border coloured instead.
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const name = element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText || element.id;
  const ring = style.outlineStyle !== "none" && style.outlineWidth !== "0px" || style.boxShadow !== "none";
  const border = element.matches(".mantine-Input-input, .mantine-SegmentedControl-input, .ag-root *");
  return {name: (name || "").trim(), ring: ring || border};
}"""


def stops(page: Page) -> list[dict[str, object]]:
    """Where Tab leads from the top of the page to its end, each with whether one sees it."""
    found: list[dict[str, object]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if page.evaluate("document.activeElement === document.body"):
            return found
        found.append(stop)
    raise AssertionError(f"After {MOST_STOPS} stops there is no end: {[stop['name'] for stop in found[-20:]]}")


@pytest.mark.parametrize("path", PAGES)
def test_the_first_stop_skips_to_the_content(visit: Visit, path: str) -> None:
    tab = visit(path)
    tab.page.keyboard.press("Tab")
    expect(tab.page.get_by_role("link", name="Skip to the content")).to_be_focused()

    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")

    assert tab.page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", PAGES)
def test_tab_reaches_the_bar_and_the_content_and_is_seen_everywhere(visit: Visit, path: str) -> None:
    tab = visit(path)

    found = stops(tab.page)

    names = [str(stop["name"]) for stop in found]
    bar = ["Analytics", "Ledger", "Accounts", "Regimes", "Data", "Settings"]
    bar += ["Switch between light and dark", "Log out"]
    assert [name for name in names if name in bar][: len(bar)] == bar
    assert [stop["name"] for stop in found if not stop["ring"]] == []
