"""Bars: the allocation, each ticker's earnings, and each year's dividends."""

from collections import defaultdict
from math import ceil

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.analytics.allocation import Share
from dashboard.api.payloads import TickerKpis, YearlyDividend
from dashboard.api.rows import number
from dashboard.charts.regimes import with_room_for_labels
from dashboard.charts.style import BENCHMARK, DIVIDENDS, GRID, INVESTED, OUTLINE, VALUE, amounts, dress, price_axis
from dashboard.ui import formats

NAMED_IN_HOVER, YEARS_NAMED = 8, 7


def allocation(shares: list[Share], currency: str) -> go.Figure:
    """Bars for the portfolio's parts, in the order of `allocation.shares`."""
    weights = [share["weight"] for share in shares]
    bars = go.Bar(
        x=weights,
        y=[share["name"] for share in shares],
        orientation="h",
        marker={"color": [INVESTED if share["is_rest"] else VALUE for share in shares]},
        text=[formats.percent(weight) for weight in weights],
        textposition="outside",
        cliponaxis=False,
        customdata=[share["market_value"] for share in shares],
        hovertemplate=f"<b>%{{y}}</b>: %{{text}}<br>{amounts(currency, 'customdata')}<extra></extra>",
    )
    figure = _lying(bars)
    figure.update_xaxes(tickformat=".0%", range=with_room_for_labels(weights))
    return figure


def profit_and_loss(rows: list[TickerKpis], method: str, currency: str, most: int) -> go.Figure:
    """Realised and unrealised profit and dividends of the tickers that moved most, up or down."""
    known = [row for row in rows if row["total_pnl"] is not None]
    largest = sorted(known, key=lambda row: abs(row["total_pnl"] or 0), reverse=True)[:most]
    parts = {
        "Realised": (f"realized_pnl_{method}", BENCHMARK),
        "Unrealised": (f"unrealized_pnl_{method}", VALUE),
        "Dividends": ("dividends", DIVIDENDS),
    }
    figure = _lying(
        *(
            go.Bar(
                x=[number(row, column) for row in largest],
                y=[row["ticker"] for row in largest],
                name=name,
                orientation="h",
                marker={"color": colour},
                hovertemplate=f"{amounts(currency, 'x')}",
            )
            for name, (column, colour) in parts.items()
        )
    )
    price_axis(figure, currency, "xaxis")
    figure.update_layout(barmode="relative", hovermode="y unified", showlegend=True)
    figure.update_xaxes(zeroline=True, zerolinecolor=OUTLINE)
    return figure


def dividends(rows: list[YearlyDividend], currency: str) -> go.Figure:
    """Dividends for each year from first to last; a year with an unknown part has no bar."""
    by_year: dict[int, list[YearlyDividend]] = defaultdict(list)
    for row in rows:
        by_year[row["year"]].append(row)
    years = list(range(min(by_year, default=0), max(by_year, default=-1) + 1))
    totals = [_total(by_year[year]) for year in years]
    bars = go.Bar(
        x=years,
        y=totals,
        marker={"color": VALUE},
        customdata=[_payers(by_year[year], currency) for year in years],
        hovertemplate=f"<b>%{{x}}: {amounts(currency)}</b><br>%{{customdata}}<extra></extra>",
    )
    figure = go.Figure(bars)
    dress(figure)
    price_axis(figure, currency)
    figure.update_xaxes(showgrid=False, dtick=max(1, ceil(len(years) / YEARS_NAMED)), tickformat="d")
    figure.update_layout(hovermode="closest", bargap=0.35)
    return figure


def _total(rows: list[YearlyDividend]) -> float | None:
    """The sum, None if a part is unknown."""
    known = [row["amount"] for row in rows if row["amount"] is not None]
    return sum(known) if len(known) == len(rows) else None


def _payers(rows: list[YearlyDividend], currency: str) -> str:
    largest = sorted(rows, key=lambda row: row["amount"] or 0, reverse=True)
    named = [f"{row['ticker']} {formats.money(row['amount'], currency, 0)}" for row in largest[:NAMED_IN_HOVER]]
    rest = len(largest) - NAMED_IN_HOVER
    return "<br>".join([*named, f"and {rest} more"] if rest > 0 else named)


def _lying(*bars: go.Bar) -> go.Figure:
    figure = go.Figure(list(bars))
    dress(figure)
    figure.update_xaxes(gridcolor=GRID)
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", showgrid=False, type="category")
    figure.update_layout(showlegend=False, hovermode="closest", bargap=0.35)
    return figure
