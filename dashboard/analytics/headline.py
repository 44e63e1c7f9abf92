"""The figures at the top of the analytics page: value, returns side by side, and risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html
from dash.development.base_component import Component, ComponentSingleType

from dashboard.analytics.windows import Window
from dashboard.api.payloads import Performance, TickerKpis
from dashboard.api.rows import number, text
from dashboard.explain.drawer import figure_name
from dashboard.explain.layout import WHY_THEY_DIFFER
from dashboard.ui import formats
from dashboard.ui.freshness import badge_of_total

Figures = Mapping[str, object]
WHOLE, WINDOW = "gold__performance", "gold_performance_windows"
A_YEAR = {
    12: "a year (12 months)",
    52: "a year (52 weeks)",
    252: "a year (252 trading days)",
    365: "a year (365 days)",
}
METHODS = {"average": "average cost", "fifo": "first in, first out"}


@dataclass(frozen=True)
class Source:
    """A row of a model, its currency, and which model it is, for the explanation."""

    model: str
    row: Figures
    currency: str
    place: str


def headline(  # noqa: PLR0913, PLR0917  each is a document of the API
    performance: Performance,
    window: Window,
    figures: Figures,
    method: str,
    holdings: Sequence[TickerKpis] = (),
    titles: Mapping[str, str] | None = None,
) -> list[Component]:
    """The `performance` of the whole portfolio and the `figures` of the window.

    `holdings` are the tickers' figures: the value says how many of them rest on an old price. `titles` are
    what people call the macro series, by the codes that figures name.
    """
    currency = performance["base_currency"] or window.currency
    whole = Source(WHOLE, performance, currency, "headline")
    of_window = Source(WINDOW, figures, currency, window.place)
    three = _card(_three_returns(of_window), "analytics-three", html.P(WHY_THEY_DIFFER, className="muted"))
    compared = _card(_comparisons(of_window, titles or {}), "analytics-compared")
    return [
        *_doubts(performance),
        *_unknown_returns(of_window.row),
        _card(_worth(whole, of_window, METHODS[method], badge_of_total(holdings)), "analytics-worth"),
        html.Div([three, compared], className="analytics-returns"),
        _card(_risk(whole, of_window), "analytics-risk"),
    ]


def _worth(whole: Source, window: Source, method: str, doubt: html.Span | None) -> list[html.Div]:
    return [
        _money("Market value", "market_value", whole, doubt, kind="main"),
        _gain("Profit and loss", "total_pnl", window),
        _money("Net invested", "net_invested", whole),
        _gain("Unrealised", "unrealized_pnl", whole, method),
        _gain("Realised", "realized_pnl", whole, method),
        _money("Dividends", "dividends", window),
        _money("Fees", "fees", window),
        *(_money(label, column, source) for label, column, source in _of_some(whole, window)),
    ]


def _of_some(whole: Source, window: Source) -> list[tuple[str, str, Source]]:
    """What only some portfolios have: it is left out where it is 0, and shown where it is not known."""
    several = (("Cash", "cash", whole), ("Interest", "interest", window), ("Taxes", "taxes", window))
    return [(label, column, source) for label, column, source in several if source.row.get(column, 0) != 0]


def _three_returns(window: Source) -> list[html.Div]:
    return [
        _return("Time-weighted", "time_weighted_return", window, _anew(window.row)),
        _return("Money-weighted (XIRR)", "money_weighted_return", window, "a year"),
        _return("Simple", "simple_return", window),
    ]


def _comparisons(window: Source, titles: Mapping[str, str]) -> list[html.Div]:
    prices, bills = (
        titles.get(text(window.row, name) or "", "") for name in ("price_level_series", "risk_free_series")
    )
    return [
        _return("Benchmark", "benchmark_return", window, text(window.row, "benchmark")),
        _return("Real", "real_return", window, f"after inflation ({prices})" if prices else None),
        _return("Over T-bills", "excess_return", window, bills or None),
        _growth_a_year(window),
    ]


def _risk(whole: Source, window: Source) -> list[html.Div]:
    return [
        _return("Deepest drawdown", "max_drawdown", window),
        _return("Current drawdown", "current_drawdown", whole),
        _figure("Volatility", "volatility", window, _volatility(window.row)),
        _ratio("Sharpe ratio", "sharpe", window),
        _ratio("Sortino ratio", "sortino", window),
        _ratio("Calmar ratio", "calmar", window),
        _ratio("Beta", "beta", window),
        _return("Best month", "best_month", window, _month(text(window.row, "best_month_date"))),
        _return("Worst month", "worst_month", window, _month(text(window.row, "worst_month_date"))),
        _figure("Months up", "monthly_win_rate", window, [formats.percent(number(window.row, "monthly_win_rate"), 0)]),
    ]


def _doubts(performance: Performance) -> list[dmc.Alert]:
    """What makes these figures incomplete, and what to do about it."""
    currencies = performance["unconverted_currencies"]
    if not currencies:
        return []
    sentence = (
        f"No exchange rate to {performance['base_currency']} for {currencies}. Totals that need it are blank "
        "until a refresh finds the rate."
    )
    if trades := performance["trades_without_rate"]:
        sentence += (
            f" {formats.count(trades)} of your transactions {'lacks' if trades == 1 else 'lack'} the day's rate: "
            "edit them in the ledger and enter the currency you paid in and your broker's exchange rate."
        )
    return [dmc.Alert(sentence, title="Some amounts could not be converted", color="yellow", variant="light", mb="md")]


def _unknown_returns(row: Figures) -> list[dmc.Alert]:
    """Why a window's figures that need every day's return are missing, and which window has them."""
    tickers = text(row, "tickers_without_price")
    if not tickers:
        return []
    sentence = (
        f"No price or exchange rate of {tickers} is known for its first days in your portfolio, so the returns of "
        "those days are unknown and figures that need them are blank. Choose a window that begins later."
    )
    return [dmc.Alert(sentence, title="Some returns are unknown", color="yellow", variant="light", mb="md")]


def _anew(row: Figures) -> str | None:
    """The day from which a restarted return counts."""
    begun = text(row, "returns_from")
    if not begun or begun == row.get("from_date"):
        return None
    return f"since {formats.day(begun)}, after a total loss"


def _growth_a_year(window: Source) -> html.Div:
    """A return over less than a year is not annualised, and says so."""
    row = window.row
    if row.get("cagr") is not None or row.get("time_weighted_return") is None:
        return _return("Annual growth", "cagr", window, "CAGR")
    reason = html.Span("available after a year", className="unit")
    return _figure("Annual growth", "cagr", window, [formats.UNKNOWN, reason])


def _volatility(row: Figures) -> list[ComponentSingleType]:
    a_year = A_YEAR.get(int(number(row, "periods_a_year") or 0), "a year")
    return _noted(formats.percent(number(row, "volatility")), a_year)


def _month(first_day: str | None) -> str | None:
    return formats.month(first_day) if first_day else None


def _return(label: str, column: str, source: Source, note: str | None = None) -> html.Div:
    value = number(source.row, column)
    return _figure(label, column, source, _noted(formats.percent(value, signed=True), note), formats.tone(value))


def _gain(label: str, column: str, source: Source, note: str | None = None) -> html.Div:
    value = number(source.row, column)
    shown = _noted(formats.money(value, source.currency, 0, signed=True), note)
    return _figure(label, column, source, shown, formats.tone(value))


def _money(label: str, column: str, source: Source, doubt: html.Span | None = None, kind: str = "") -> html.Div:
    amount = formats.money(number(source.row, column), source.currency, 0)
    return _figure(label, column, source, [amount, doubt] if doubt else [amount], kind)


def _ratio(label: str, column: str, source: Source) -> html.Div:
    return _figure(label, column, source, [formats.ratio(number(source.row, column))])


def _figure(label: str, column: str, source: Source, shown: list[ComponentSingleType], tone: str = "") -> html.Div:
    name = html.Dt(figure_name(label, source.model, column, source.place))
    return html.Div([name, html.Dd(shown, className=tone)], className="figure")


def _noted(value: str, note: str | None) -> list[ComponentSingleType]:
    return [value, html.Span(note, className="unit")] if note and value != formats.UNKNOWN else [value]


def _card(figures: list[html.Div], name: str, *below: Component) -> html.Div:
    return html.Div([html.Dl(figures, className="figures"), *below], className=f"card {name}")
