"""What every page owes everybody: on a phone and at a desk, light and dark. A picture of each is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, StorageState, expect

from dashboard.auth.guard import PAGES
from scripts.launcher.home import ROOT
from tests.browser.conftest import Stage
from tests.browser.tab import SIZES, Tab

PICTURES = ROOT / "screenshots"
SCHEMES = ("light", "dark")
OPEN = ("/login", "/register")
LAYOUT_SHIFT = 0.1  # what counts as good: web.dev/articles/cls
VIEWS = [(path, scheme, size) for size in SIZES for scheme in SCHEMES for path in (*OPEN, *PAGES)]


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: f"{name_of(view[0])}-{view[1]}-{view[2]}")
def view(request: pytest.FixtureRequest, browser: Browser, stage: Stage, signed_in: StorageState) -> Iterator[Tab]:
    """A page that has just been opened, by the investor unless it is for those who have to log in, and has settled."""
    path, scheme, size = request.param
    kept = None if path in OPEN else signed_in
    tab = Tab.opened(browser, stage.url, size=size, scheme=scheme, kept=kept).visit(path)
    assert tab.page.url == stage.url + path
    picture(tab, f"{name_of(path)}-{scheme}-{size}")
    yield tab
    tab.page.context.close()


def name_of(path: str) -> str:
    return path.strip("/") or "analytics"


def picture(tab: Tab, name: str) -> Path:
    file = PICTURES / f"{name}.png"
    tab.page.screenshot(path=file, full_page=True, animations="disabled")
    return file


def test_it_has_one_first_heading_and_no_complaint(view: Tab) -> None:
    assert view.page.get_by_role("heading", level=1).count() == 1
    assert view.complaints == []


def test_it_does_not_scroll_sideways(view: Tab) -> None:
    width = view.page.evaluate("document.documentElement.clientWidth")

    assert view.page.evaluate("document.documentElement.scrollWidth") <= width, too_wide(view, width)


def test_no_figure_runs_into_the_next(view: Tab) -> None:
    wider: list[str] = view.page.evaluate(
        """() => [...document.querySelectorAll(".figure dd")]
            .filter(figure => figure.scrollWidth > figure.clientWidth + 1).map(figure => figure.innerText)"""
    )

    assert wider == []


def test_nothing_moves_while_it_loads(view: Tab) -> None:
    shifts: list[dict[str, Any]] = view.page.evaluate("window.shifts")

    assert sum(shift["value"] for shift in shifts) <= LAYOUT_SHIFT, shifts


def test_a_script_in_a_note_or_a_name_stays_text(view: Tab) -> None:
    expect(view.page).not_to_have_title("broken in")
    expect(view.page.locator("img[src=x], main script")).to_have_count(0)
    assert view.complaints == []  # of a violated policy either


def test_axe_finds_nothing_serious(view: Tab) -> None:
    found = Axe().run(view.page, options={"resultTypes": ["violations"]})["violations"]

    assert [described(issue) for issue in found if issue["impact"] in ("serious", "critical")] == []


def described(issue: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']} {node['html'][:160]}" for node in issue["nodes"][:5])
    return f"{issue['impact']} {issue['id']} ({issue['help']}) at {len(issue['nodes'])} places: {places}"


def too_wide(view: Tab, width: int) -> list[str]:
    """What reaches over the right edge, outside boxes that scroll by themselves."""
    wide: list[str] = view.page.evaluate(
        """width => [...document.querySelectorAll("body *")]
            .filter(element => element.getBoundingClientRect().right > width + 1)
            .map(element => `${element.tagName} #${element.id} .${element.className}`).slice(0, 12)""",
        width,
    )
    return wide
