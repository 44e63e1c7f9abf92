"""A tab of somebody's own, in which everything that should not happen is written down."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, StorageState, expect

SIZES = {"phone": (390, 844), "desk": (1440, 900)}
# What moved without anybody's doing, and which elements it was: the sum is the page's cumulative layout shift.
NOTE_LAYOUT_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const shift of list.getEntries().filter(entry => !entry.hadRecentInput)) {
    const moved = shift.sources.map(source => source.node?.id || source.node?.className || source.node?.nodeName);
    window.shifts.push({value: shift.value, moved: moved.join(", ")});
  }
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Tab:
    """One page in a context of its own; `complaints` are errors in the console, dialogs and requests to other hosts."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    foreseen: list[str] = field(default_factory=list)  # parts of complaints that the test brings about

    @classmethod
    def opened(
        cls,
        browser: Browser,
        url: str,
        size: str = "desk",
        scheme: Any = "light",
        kept: StorageState | None = None,
    ) -> "Tab":
        """A new tab; `kept` is what its browser keeps of a login."""
        width, height = SIZES[size]
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-US",
            reduced_motion="reduce",
            storage_state=kept,
        )
        page.add_init_script(NOTE_LAYOUT_SHIFTS)
        tab = cls(page, url)
        page.on("console", tab._hear)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        page.on("dialog", tab._refuse)
        page.on("request", tab._look_where)
        return tab

    def close(self) -> None:
        """Close it; fails when anything was written down that the test did not foresee."""
        self.page.context.close()
        unforeseen = [said for said in self.complaints if not any(part in said for part in self.foreseen)]
        assert unforeseen == [], unforeseen

    def sign_in(self, login: dict[str, str], path: str = "/") -> "Tab":
        """Open a page, be sent to the login, and come back to the page by it."""
        self.page.goto(self.url + path)
        self.fill_in(login)
        self.page.wait_for_url(self.url + path)
        self.wait_until_settled()
        return self

    def fill_in(self, login: dict[str, str]) -> None:
        self.page.get_by_label("E-mail").fill(login["email"])
        self.page.get_by_label("Password").fill(login["password"])
        self.page.get_by_role("button", name="Log in").click()

    def visit(self, path: str) -> "Tab":
        self.page.goto(self.url + path)
        self.wait_until_settled()
        return self

    def wait_until_settled(self) -> None:
        """Return when every callback has been answered and nothing is being loaded."""
        expect(self.page.locator("h1").first).to_be_visible()
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("[data-dash-is-loading=true]")).to_have_count(0)

    def look_now(self) -> None:
        """Have the page ask for the status at once, as it does after a trade, instead of at its next turn."""
        self.page.evaluate("dash_clientside.set_props('shell-wake', {data: crypto.randomUUID()})")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"A dialog: {dialog.message}")
        dialog.dismiss()

    def _look_where(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and f"{address.scheme}://{address.netloc}" != self.url:
            self.complaints.append(f"A request to another host: {request.url}")
