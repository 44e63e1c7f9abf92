"""The frame of every page: the bar at the top, and the strip that says how fresh the figures are."""

from datetime import UTC, date, datetime
from typing import TypedDict

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Input, NoUpdate, Output, State, dcc, html
from flask import g, has_request_context

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import PortfolioStatus
from dashboard.explain import drawer
from dashboard.ui import formats, refresh_failures
from dashboard.ui.aria import aria

SOON, LATER = 2_000, 15_000  # milliseconds between status checks: while something is pending, and otherwise
THEME = {"primaryColor": "blue", "fontFamily": "inherit", "defaultRadius": "md", "cursorType": "pointer"}


class Snapshot(TypedDict):
    """What the charts of every page depend on, in the store `shell-snapshot`."""

    as_of_date: str | None
    prices_as_of: str | None
    macro_as_of: str | None
    last_refresh: str | None
    first_trades_pending: bool


def layout() -> dmc.MantineProvider:
    """The frame of every page; the page itself stands in `#content`."""
    return dmc.MantineProvider(
        [
            html.A("Skip to the content", href="#content", className="skip-link"),
            html.Header([_brand(), _pages(), _account()], className="topbar"),
            html.Div(id="shell-status", className="status", role="status"),
            dcc.Interval(id="shell-poll", interval=LATER),
            dcc.Store(id="shell-wake"),
            dcc.Store(id="shell-snapshot"),
            html.Main(dash.page_container, id="content"),
            drawer.drawer(),
            dmc.NotificationContainer(id="shell-notifications"),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def wire(app: dash.Dash) -> None:
    """Register the callbacks of the frame."""
    app.callback(Output("shell-nav", "children"), Input("_pages_location", "pathname"))(mark_current_page)
    app.callback(
        Output("shell-status", "children"),
        Output("shell-poll", "interval"),
        Output("shell-snapshot", "data"),
        Input("shell-poll", "n_intervals"),
        Input("shell-wake", "data"),
        State("shell-snapshot", "data"),
    )(look_at_status)
    drawer.wire(app)


def _pages() -> html.Nav:
    """Present from the start, so that nothing moves when the current page is marked."""
    return html.Nav(mark_current_page(""), id="shell-nav", **aria(label="Pages"))


def mark_current_page(pathname: str) -> list[dcc.Link]:
    """The links to the pages, that of `pathname` marked."""
    return [
        dcc.Link(
            page["name"],
            href=page["path"],
            className="nav-link current" if page["path"] == pathname else "nav-link",
        )
        for page in dash.page_registry.values()
    ]


def look_at_status(
    _polls: int | None, _wake: str | None, shown: Snapshot | None
) -> tuple[html.P, int, Snapshot | NoUpdate | None]:
    """Pages redraw when the snapshot changes, and only then."""
    try:
        status = user_api.current().status()
    except (ApiUnavailableError, ApiRefusalError) as outage:
        return _line("bad", str(outage)), SOON, None
    snapshot = snapshot_of(status)
    interval = LATER if status["up_to_date"] else SOON
    today = datetime.now(UTC).date()
    return status_strip(status, today), interval, dash.no_update if snapshot == shown else snapshot


def snapshot_of(status: PortfolioStatus) -> Snapshot:
    """What the charts depend on: the marts they were drawn from, and whether there is anything to draw."""
    return {
        "as_of_date": status["as_of_date"],
        "prices_as_of": status["prices_as_of"],
        "macro_as_of": status["macro_as_of"],
        "last_refresh": status["last_refresh"],
        "first_trades_pending": status["as_of_date"] is None and status["pending_transactions"] > 0,
    }


def status_strip(status: PortfolioStatus, today: date) -> html.P:
    """One line on what is still to come, what failed, and how fresh the figures are."""
    return _line(_tone(status), _to_come(status), *refresh_failures.sentences(status, today), _as_of(status, today))


def _to_come(status: PortfolioStatus) -> str:
    pending = status["pending_transactions"]
    trades = "1 transaction is" if pending == 1 else f"{pending} transactions are"
    if status["failed_models"]:  # no telling when it will succeed
        return f"{trades} waiting to be processed." if pending else ""
    if pending:
        return f"{trades} being processed; the charts follow in a few seconds."
    if not status["up_to_date"]:
        return "Updating your figures."
    return "Ready for your first transaction." if status["as_of_date"] is None else ""


def _tone(status: PortfolioStatus) -> str:
    if status["failed_models"]:
        return "bad"
    if not status["up_to_date"]:
        return "busy"
    late = status["failed_prices"] or status["stale_sources"] or status["prices_are_stale"]
    return "stale" if late else "good"


def _as_of(status: PortfolioStatus, today: date) -> str:
    sentences = []
    if status["prices_as_of"]:
        ago = formats.age(date.fromisoformat(status["prices_as_of"]), today)
        sentences.append(f"Prices end on {formats.day(status['prices_as_of'])} ({ago}).")
    if status["macro_as_of"]:
        sentences.append(f"Macro data end on {formats.day(status['macro_as_of'])}.")
    if status["last_refresh"] and status["up_to_date"]:
        computed = formats.instant(status["last_refresh"])
        sentences.append(f"Computed {formats.moment(computed, today)}.")
    return " ".join(sentences)


def _line(tone: str, *sentences: str) -> html.P:
    return html.P([html.Span(className=f"dot dot-{tone}"), " ".join(filter(None, sentences))])


def _brand() -> dcc.Link:
    return dcc.Link(
        [html.Img(src="/assets/logo.svg", alt="", width=24, height=24), html.Span("Macrofolio")],
        href="/",
        className="brand",
    )


def _account() -> html.Div:
    email = g.session.email if has_request_context() and g.get("session") else ""
    log_out = html.Form(html.Button("Log out", type="submit", className="quiet"), action="/logout", method="post")
    return html.Div([html.Span(email, className="email"), _colour_scheme(), log_out], className="account")


def _colour_scheme() -> dmc.ColorSchemeToggle:
    """Light or dark, following the system until changed; the browser remembers."""
    return dmc.ColorSchemeToggle(
        lightIcon=html.Span("☀", **aria(hidden="true")),
        darkIcon=html.Span("☾", **aria(hidden="true")),
        color="gray",
        size="lg",
        **aria(label="Switch between light and dark"),
    )
