"""The layout of the regimes page; fetches no data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component, ComponentType

from dashboard.api.payloads import MacroSpan, TickerRegimePerformance
from dashboard.charts import regime_comparison
from dashboard.charts.regime_comparison import Earned
from dashboard.charts.style import STATE_COLOURS
from dashboard.explain.drawer import figure_name
from dashboard.regimes import macro_state
from dashboard.regimes.macro_state import MacroState, Verdict
from dashboard.ui import chart_box, formats
from dashboard.ui.aria import aria
from dashboard.ui.notices import loading
from dashboard.ui.tables import Column, table

InRegimes = tuple[str, Mapping[str | None, TickerRegimePerformance]]  # a ticker, and its figures by regime or phase

DIMENSIONS = {"regime": "By regime", "phase": "By phase"}
PORTFOLIO = "Whole portfolio"
ENOUGH_DAYS = 60  # as the models have it: fewest_returns_in_a_range, fewest_days_in_a_regime
FEW_DAYS = "few days"
WORTH = {
    FEW_DAYS: ("tag-warn", f"Fewer than {ENOUGH_DAYS} trading days: hardly meaningful."),
    "may be chance": ("", "Its 95 % range includes zero, so it may be chance."),
    "clear of zero": ("tag-good", "Its 95 % range does not include zero."),
}


def page(by: str = "regime", of: str = "", **_query: str) -> html.Div:
    """`by` is regime or phase, `of` a ticker, or empty for the whole portfolio."""
    return html.Div(
        [
            dcc.Location(id="regimes-url", refresh=False),
            html.H1("Regimes"),
            _card("Today's classification", html.Div(loading(330), id="regimes-now"), minimum=370),
            _card(
                "Regimes over your history",
                _note("As known then, without later revisions."),
                chart_box.box("regimes-strip", "strip"),
                minimum=310,
            ),
            _card(
                "Your returns in each regime",
                _choices(by if by in DIMENSIONS else "regime", of),
                chart_box.box("regimes-bars", "short"),
                html.Div(loading(240), id="regimes-table"),
                minimum=620,
            ),
            _card("Each ticker", html.Div(loading(240), id="regimes-tickers"), minimum=300),
        ]
    )


def no_classification() -> dmc.Alert:
    """Why there is no regime today."""
    return dmc.Alert(
        "No loaded macro series is long enough. The Data page shows the last fetches.",
        title="Regime not known yet",
        color="gray",
        variant="light",
    )


def no_returns() -> dmc.Alert:
    """Why there is no return by regime yet."""
    return dmc.Alert(
        [
            "Returns appear here once one of your trades has prices. ",
            dcc.Link("Record a purchase", href="/ledger"),
            " to begin.",
        ],
        title="No returns yet",
        color="gray",
        variant="light",
    )


def now(state: MacroState) -> list[Component]:
    """Regime and phase, since when, and the indicators behind them."""
    named = [("Regime", state.regime), ("Phase", state.phase)]
    return [
        dmc.SimpleGrid([_reigning(label, span) for label, span in named], cols={"base": 1, "xs": 2}, mb="sm"),
        _note(_as_of(state)),
        _verdicts("Deciding indicators", macro_state.deciding(state)),
        *_beside(state),
    ]


def performance_table(rows: Sequence[Earned], dimension: str, place: str) -> list[Component]:
    """One row per regime or phase, with its reliability."""
    explained = {
        "Days": "days",
        "Trading days": "trading_days",
        "Total": "total_return",
        "A year": "annualised_return",
        "Volatility": "volatility",
        "Drawdown": "max_drawdown",
        "Days up": "hit_rate",
    }
    model = "gold_ticker_regime_performance" if place else "gold_regime_performance"

    def heading(column: Column[Earned]) -> ComponentType:
        name = explained.get(column.heading)
        return figure_name(column.heading, model, name, place) if name else column.heading

    return [
        table(
            f"Return {DIMENSIONS[dimension].lower()}, {place or PORTFOLIO.lower()}", _columns(), rows, heading=heading
        ),
        _note(
            "The range is the 95 % confidence interval of the annualised return, computed "
            f"from the volatility and number of days. Below {ENOUGH_DAYS} trading days no range is shown, and below "
            f"{ENOUGH_DAYS} days no annualised return. Years count time spent in the regime."
        ),
    ]


def ticker_table(rows: Sequence[TickerRegimePerformance], dimension: str) -> html.Div:
    """Each ticker's annualised return in each regime or phase, lighter if the days are few."""
    names = [name for name in regime_comparison.names_of(dimension) if any(row["name"] == name for row in rows)]
    columns: list[Column[InRegimes]] = [
        Column("Ticker", lambda row: html.Span(row[0], className="ticker"), numeric=False),
        *(_ticker_column(name) for name in names),
    ]
    by_ticker: dict[str, dict[str | None, TickerRegimePerformance]] = defaultdict(dict)
    for row in rows:
        by_ticker[row["ticker"]][row["name"]] = row
    caption = f"Annualised return of each ticker, {DIMENSIONS[dimension].lower()}"
    return html.Div([table(caption, columns, list(by_ticker.items())), _note(FEW)])


FEW = (
    f"Annualised return while held, and trading days. An asterisk: fewer than {ENOUGH_DAYS} of them. A dash: fewer "
    f"than {ENOUGH_DAYS} days, or an unknown return."
)


def choices_of(tickers: Sequence[str]) -> list[dict[str, str]]:
    """Of what the returns can be shown: the portfolio, or one of the tickers."""
    return [{"value": "", "label": PORTFOLIO}, *({"value": ticker, "label": ticker} for ticker in tickers)]


def gist(rows: Sequence[Earned]) -> str:
    """The bars in words."""
    parts = [
        f"{row['name']} {formats.percent(row['annualised_return'], signed=True)} over "
        f"{formats.count(row['trading_days'])} trading days"
        for row in rows
    ]
    return f"Annualised returns: {', '.join(parts)}." if parts else "Annualised returns: none yet."


def _reigning(label: str, span: MacroSpan | None) -> html.Div:
    name = span["name"] if span else None
    since = f"since {formats.day(span['valid_from'])}" if span else "its indicators are missing"
    swatch = _swatch(name) if name else None
    title = dmc.Group([swatch, dmc.Text((name or "Unknown").capitalize(), size="xl", fw=650)], gap="xs", wrap="nowrap")
    return html.Div([dmc.Text(label, size="sm", c="dimmed"), title, dmc.Text(since, size="sm", c="dimmed")])


def _as_of(state: MacroState) -> str:
    if state.is_today:
        return "Based on everything published up to today."
    return (
        f"As of {formats.day(state.day)}: later data are missing or more than half a year old, too old to describe "
        "today. The Data page shows the last fetches."
    )


def _beside(state: MacroState) -> list[html.Details]:
    rows = macro_state.beside(state)
    return [html.Details([html.Summary("Other indicators"), _verdicts("Other indicators", rows)])] if rows else []


def _verdicts(caption: str, rows: Sequence[Verdict]) -> html.Div:
    columns: list[Column[Verdict]] = [
        Column("Indicator", lambda row: [row.name, html.Span(row.meaning, className="name meaning")], numeric=False),
        Column("Value", _value),
        Column("Says", lambda row: row.says or formats.UNKNOWN, numeric=False),
        Column("Threshold", lambda row: row.threshold or formats.UNKNOWN, numeric=False),
        Column("Published", lambda row: formats.day(row.known_since)),
        Column("Valid until", lambda row: formats.day(row.holds_until)),
    ]
    return table(caption, columns, rows)


def _value(verdict: Verdict) -> str:
    if verdict.value is None:
        return "no value"
    return f"{formats.ratio(verdict.value)} {verdict.unit}".strip()


def _columns() -> list[Column[Earned]]:
    return [
        Column("Regime or phase", lambda row: _named(regime_comparison.name_of(row)), numeric=False),
        Column("Days", lambda row: formats.count(row["days"])),
        Column("Trading days", lambda row: formats.count(row["trading_days"])),
        Column(
            "Total",
            lambda row: formats.percent(row["total_return"], signed=True),
            tone_of=lambda row: row["total_return"],
        ),
        Column(
            "A year",
            lambda row: formats.percent(row["annualised_return"], signed=True),
            tone_of=lambda row: row["annualised_return"],
        ),
        Column("95 % range", regime_comparison.range_in_words),
        Column("Worth", lambda row: badge(row["confidence"]), numeric=False),
        Column("Volatility", lambda row: formats.percent(row["volatility"])),
        Column("Drawdown", lambda row: formats.percent(row["max_drawdown"])),
        Column("Days up", lambda row: formats.percent(row["hit_rate"], 0)),
    ]


def badge(confidence: str) -> html.Span:
    """How sure a return is, with its meaning on hover."""
    kind, meaning = WORTH[confidence]
    return html.Span(confidence, className=f"tag {kind}", title=meaning)


def _named(name: str) -> dmc.Group:
    return dmc.Group(
        [_swatch(name), name.capitalize()],
        gap="xs",
        wrap="nowrap",
    )


def _swatch(name: str) -> html.Span:
    return html.Span(className="swatch", style={"background": STATE_COLOURS[name]})


def _ticker_column(name: str) -> Column[InRegimes]:
    def cell(row: InRegimes) -> ComponentType:
        found = row[1].get(name)
        if not found:
            return formats.UNKNOWN
        mark = " *" if found["confidence"] == FEW_DAYS else ""
        days = f"{formats.count(found['trading_days'])} days"
        return [formats.percent(found["annualised_return"], signed=True) + mark, html.Span(days, className="under")]

    def earned(row: InRegimes) -> float | None:
        found = row[1].get(name)
        return found["annualised_return"] if found else None

    return Column(name.capitalize(), cell, tone_of=earned)


def _choices(by: str, of: str) -> dmc.Group:
    options = [{"value": value, "label": label} for value, label in DIMENSIONS.items()]
    chosen = [{"value": of, "label": of}] if of else []
    return dmc.Group(
        [
            dmc.SegmentedControl(id="regimes-by", data=options, value=by, **aria(label="Regime or phase")),
            dmc.Select(
                id="regimes-of",
                data=[{"value": "", "label": PORTFOLIO}, *chosen],
                value=of,
                allowDeselect=False,
                searchable=True,
                w=220,
                **aria(label="Portfolio or ticker"),
            ),
        ],
        my="sm",
    )


def _card(title: str, *children: Component, minimum: int) -> html.Section:
    return html.Section([html.H2(title), *children], className="card", style={"minHeight": minimum})


def _note(text: str) -> html.P:
    return html.P(text, className="muted")
