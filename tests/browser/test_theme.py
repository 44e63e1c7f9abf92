"""Light and dark: as the system has it, until somebody chooses; then as they chose."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.tab import Tab

Visit = Callable[..., Tab]


def brightness(page: Page, element: str, colour: str) -> float:
    """From 0 (black) to 1 (white)."""
    text: str = page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{colour}")
    red, green, blue = (int(number) for number in re.findall(r"\d+", text)[:3])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


@pytest.mark.parametrize("chosen", ["dark", "light"])
def test_a_choice_changes_the_colours_and_outlives_a_reload(visit: Visit, chosen: str) -> None:
    system = {"dark": "light", "light": "dark"}[chosen]
    tab = visit("/settings", scheme=system)
    before = brightness(tab.page, "body", "backgroundColor")

    tab.page.get_by_role("button", name="Switch between light and dark").click()
    after = brightness(tab.page, "body", "backgroundColor")
    tab.visit("/settings")

    assert abs(after - before) > 0.5
    assert brightness(tab.page, "body", "backgroundColor") == after
    contrast = brightness(tab.page, "body", "color") - after
    assert contrast > 0.5 if chosen == "dark" else contrast < -0.5
    assert tab.page.locator("html").get_attribute("data-mantine-color-scheme") == chosen


def test_the_texts_of_charts_follow_the_theme(visit: Visit) -> None:
    tab = visit()
    tab.page.locator(".js-plotly-plot .xtick text").first.wait_for()
    light = brightness(tab.page, ".js-plotly-plot .xtick text", "fill")

    tab.page.get_by_role("button", name="Switch between light and dark").click()

    assert brightness(tab.page, ".js-plotly-plot .xtick text", "fill") - light > 0.3
