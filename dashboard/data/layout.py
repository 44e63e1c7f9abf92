"""The layout of the data page; fetches no data."""

from collections.abc import Sequence
from datetime import date

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from dashboard.api.payloads import Doubt, LastFetch, SeriesData, TickerData
from dashboard.regimes.macro_state import NAMES
from dashboard.ui import formats, refresh_failures
from dashboard.ui.notices import loading
from dashboard.ui.tables import Column, table

STALE_PRICES = "they end longer before the last day of your figures than any market holiday lasts"
STALE_SERIES = "nothing was published in the last half year of macro data"
GAPS = "Stretches without a price that are longer than any market holiday."
SILENT_PRICES = "nothing new for far longer than usual, so the listing may have ended"
SILENT_SERIES = "nothing new for far longer than usual, so the series may have ended"
QUARANTINED = "Implausible values, excluded from every figure until the provider corrects them."


def page(**_query: str) -> html.Div:
    """The page with its two empty cards; callbacks fill them."""
    return html.Div(
        [
            html.H1("Data"),
            _card(
                "Prices",
                "Every ticker you ever traded, your benchmark, and the exchange rates they need.",
                html.Div(loading(576), id="data-tickers", className="data-prices"),
            ),
            _card(
                "Macro series",
                "The data behind regimes, real returns and returns over Treasury bills.",
                html.Div(loading(870), id="data-series"),
            ),
        ]
    )


def ticker_table(rows: Sequence[TickerData], today: date) -> html.Div | dmc.Alert:
    """The prices of each ticker: from when to when, gaps, refused values, how the last fetch ended."""
    if not rows:
        return dmc.Alert(
            ["Prices are loaded with your first trade. ", dcc.Link("Record a purchase", href="/ledger"), " to begin."],
            title="No prices yet",
            color="gray",
            variant="light",
        )
    columns: list[Column[TickerData]] = [
        Column("Ticker", _ticker, numeric=False),
        Column("First price", lambda row: formats.day(row["first_bar"])),
        Column("Last price", lambda row: formats.day(row["last_bar"])),
        Column("Days", lambda row: formats.count(row["bars"])),
        Column("Gaps", lambda row: _alarming(row["gaps"])),
        Column("Quarantined", lambda row: _alarming(row["quarantined"])),
        Column("Splits", lambda row: formats.count(row["splits"])),
        Column("Dividends", lambda row: formats.count(row["dividends"])),
        Column("Last fetch", lambda row: _fetched(row["last_fetch"], today), numeric=False),
    ]
    return html.Div(
        [
            _summary(rows, STALE_PRICES, SILENT_PRICES),
            table("Prices of each ticker", columns, rows),
            html.Dl(_legend(), className="terms"),
        ]
    )


def series_table(rows: Sequence[SeriesData], today: date) -> html.Div | dmc.Alert:
    """The macro series: last value, when it was published, how the last fetch ended."""
    if not rows:
        return dmc.Alert(
            "They are loaded on the first of each month. Your administrator can load them now.",
            title="No macro series yet",
            color="gray",
            variant="light",
        )
    columns: list[Column[SeriesData]] = [
        Column("Series", _series, numeric=False),
        Column("Value", lambda row: formats.ratio(row["value"])),
        Column("Period", lambda row: formats.day(row["last_observation"])),
        Column("Published", lambda row: formats.day(row["published_on"])),
        Column("Last revised", lambda row: formats.day(row["known_on"])),
        Column("Last fetch", lambda row: _fetched(row["last_fetch"], today), numeric=False),
    ]
    return html.Div([_summary(rows, STALE_SERIES, SILENT_SERIES), table("Macro series", columns, rows)])


def _summary(rows: Sequence[TickerData] | Sequence[SeriesData], stale: str, silent: str) -> html.P:
    """How many are stale or silent, visible at a glance; staleness is never relative to today."""
    count, every = formats.count(sum(row["is_stale"] for row in rows)), formats.count(len(rows))
    told = f"{count} of {every} are stale: {stale}."
    if ended := sum(row["silent_since"] is not None for row in rows):
        told += f" {formats.count(ended)} without new data: {silent}."
    return html.P(told, className="muted")


def _ticker(row: TickerData) -> list[html.Span]:
    return [
        html.Span(row["ticker"], className="ticker"),
        *([_stale("no price" if row["last_bar"] is None else "stale")] if row["is_stale"] else []),
        *_silence(row),
        html.Span(row["name"] or "", className="name"),
        *(html.Span(_doubt(doubt), className="under wrapped") for doubt in row["doubts"]),
    ]


def _series(row: SeriesData) -> list[html.Span]:
    return [
        html.Span(row["title"], className="ticker"),
        *([_stale("no value" if row["value"] is None else "stale")] if row["is_stale"] else []),
        *_silence(row),
        html.Span(
            f"{', '.join(NAMES[name][0] for name in row['indicator'].split(', '))} · {row['series_id']}",
            className="under",
        ),
    ]


def _silence(row: TickerData | SeriesData) -> list[html.Span]:
    """Since when nothing new has come, and the usual interval."""
    if row["silent_since"] is None:
        return []
    days = row["usual_interval_days"]
    usual = "" if days is None else " Usually every day." if days == 1 else f" Usually every {days} days."
    return [
        html.Span(f"silent since {formats.day(row['silent_since'])}", className="tag tag-warn", title=usual.strip())
    ]


def _doubt(doubt: Doubt) -> str:
    """What the source reports, how it counts, and what to do."""
    day, value = formats.day(doubt["ex_date"]), doubt["value"]
    if doubt["action"] == "split":
        return (
            f"The split of {value} on {day} counts as a price change, as in a spin-off; your share count stays. "
            "If you received shares of another company, record them as a purchase."
        )
    payment = doubt["action"].replace("_", " ")
    return (
        f"A {payment} of {value} {doubt['currency'] or ''} on {day} is not counted: the price does not show it. "
        "Your administrator can confirm it."
    )


def _stale(word: str) -> html.Span:
    return html.Span(word, className="tag tag-warn")


def _alarming(number: int) -> html.Span | str:
    """A count that should be zero."""
    written = formats.count(number)
    return html.Span(written, className="tag tag-warn") if number else written


def _fetched(fetch: LastFetch | None, today: date) -> list[str | html.Span]:
    words, reason = refresh_failures.of_fetch(fetch, today)
    return [words, html.Span(reason, className="under wrapped")] if reason else [words]


def _legend() -> list[html.Dt | html.Dd]:
    terms = {"Gaps": GAPS, "Quarantined": QUARANTINED}
    return [part for term, meaning in terms.items() for part in (html.Dt(term), html.Dd(meaning))]


def _card(title: str, note: str, content: html.Div) -> html.Section:
    return html.Section([html.H2(title), html.P(note, className="muted"), content], className="card")
