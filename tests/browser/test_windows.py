"""A view of the analytics: chosen with a click, told in the address, the same after a reload."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stage
from tests.browser.tab import Tab

Visit = Callable[..., Tab]
RETURN = "#analytics-return"


def choose(page: Page, group: str, value: str) -> None:
    """Choose as a person does: the visible label of the radio button."""
    page.locator(f"{group} input[value='{value}'] + label").click()


def gist(page: Page, graph: str = RETURN) -> str:
    """The chart in words, as screen readers are told."""
    return page.locator(graph).get_attribute("aria-label") or ""


def wait_for_the_line(page: Page) -> None:
    """The figures may be there before the program that draws them."""
    expect(page.locator(f"{RETURN} .js-plotly-plot .scatterlayer .trace path").first).to_be_attached()


def days(page: Page) -> tuple[date, date]:
    """First and last day of the portfolio's line."""
    wait_for_the_line(page)
    first, last = page.evaluate(
        """graph => {
            const days = document.querySelector(`${graph} .js-plotly-plot`).data[0].x;
            return [days[0], days[days.length - 1]].map(day => new Date(day).toISOString().slice(0, 10));
        }""",
        RETURN,
    )
    return date.fromisoformat(first), date.fromisoformat(last)


def test_each_window_ends_today_and_begins_where_it_says(visit: Visit, stage: Stage) -> None:
    tab = visit()
    begun = {}

    for window in ("5y", "3y", "1y"):
        before = gist(tab.page)
        choose(tab.page, "#analytics-window", window)
        expect(tab.page).to_have_url(f"{stage.url}/?window={window}")
        expect(tab.page.locator(RETURN)).not_to_have_attribute("aria-label", before)
        tab.wait_until_settled()
        begun[window], last = days(tab.page)
        assert last == date(2025, 12, 31)

    assert begun["5y"].year == 2020
    assert begun["3y"].year == 2022
    assert all(longer <= shorter for longer, shorter in pairwise(begun.values()))


@pytest.mark.parametrize("query", ["?window=3y", "?window=5y&basis=real&regimes=phase&known=now", "?by=sector"])
def test_a_bookmark_shows_the_same_view(visit: Visit, stage: Stage, query: str) -> None:
    tab = visit(f"/{query}")
    wait_for_the_line(tab.page)
    shown = (gist(tab.page), gist(tab.page, "#analytics-allocation"), days(tab.page))

    tab.visit(f"/{query}")

    wait_for_the_line(tab.page)
    assert tab.page.url == f"{stage.url}/{query}"
    assert (gist(tab.page), gist(tab.page, "#analytics-allocation"), days(tab.page)) == shown
    assert "Loading" not in shown


def test_real_and_excess_differ_from_nominal(visit: Visit) -> None:
    tab = visit()
    said = [gist(tab.page)]

    for basis in ("real", "excess"):
        choose(tab.page, "#analytics-basis", basis)
        expect(tab.page.locator(RETURN)).not_to_have_attribute("aria-label", said[-1])
        said.append(gist(tab.page))

    assert len(set(said)) == 3
