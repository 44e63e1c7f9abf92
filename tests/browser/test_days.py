"""A window of one's own: its days chosen in the calendar, as a person does."""

import re
from collections.abc import Callable
from datetime import date

from playwright.sync_api import Locator, Page, expect

from dashboard.ui.formats import UNKNOWN
from tests.browser.conftest import Stage
from tests.browser.tab import Tab

Visit = Callable[..., Tab]
FIRST, LAST = date(2019, 3, 13), date(2023, 8, 9)


def turn_to(calendar: Locator, day: date) -> None:
    """Go up from the days to the months and to the years, and down again to the month of the day."""
    heading = calendar.locator(".mantine-DatePickerInput-calendarHeaderLevel")
    for shown in (r"^\d{4}$", r"^\d{4} . \d{4}$"):
        heading.click()
        expect(heading).to_have_text(re.compile(shown))
    while (before := heading.inner_text())[:3] != f"{day.year}"[:3]:
        direction = "next" if before[:3] < f"{day.year}"[:3] else "previous"
        calendar.locator(f"button[data-direction={direction}]").click()
        expect(heading).not_to_have_text(before)
    calendar.get_by_role("button", name=f"{day.year}", exact=True).click()
    expect(heading).to_have_text(f"{day.year}")
    calendar.get_by_role("button", name=f"{day:%b}", exact=True).click()
    expect(heading).to_have_text(f"{day:%B %Y}")


def choose_days(page: Page, first: date, last: date) -> None:
    """Open the calendar and press the first and the last day."""
    page.locator("#analytics-days").click()
    calendar = page.locator(".mantine-DatePickerInput-levelsGroup")
    for day in (first, last):
        turn_to(calendar, day)
        calendar.get_by_role("button", name=f"{day.day} {day:%B %Y}", exact=True).click()


def test_days_pressed_in_the_calendar_show_every_figure_of_theirs(visit: Visit, stage: Stage) -> None:
    tab = visit()
    headline = tab.page.locator("#analytics-headline")
    before = headline.inner_text()

    choose_days(tab.page, FIRST, LAST)

    expect(tab.page).to_have_url(f"{stage.url}/?window=custom&from={FIRST}&to={LAST}")
    expect(headline).not_to_have_text(before)
    tab.wait_until_settled()
    figures = dict(zip(headline.locator("dt").all_inner_texts(), headline.locator("dd").all_inner_texts(), strict=True))
    assert len(figures) == 24
    assert [name for name, shown in figures.items() if UNKNOWN in shown or not shown.strip()] == []
