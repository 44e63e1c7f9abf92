"""Figures for the regimes page: pure functions of the API's answers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.api.payloads import MacroSpan, RegimePerformance, TickerRegimePerformance
from dashboard.charts.style import OUTLINE, PHASE_COLOURS, REGIME_COLOURS, STATE_COLOURS, dress
from dashboard.ui import formats

Earned = RegimePerformance | TickerRegimePerformance

# A second cue besides colour, for people who can't tell the colours apart.
PATTERNS = {"reflation": "/", "stagflation": "x", "deflation": ".", "contractionary": "\\", "recession": "-"}
LANES = {"regime": "Regime", "regime_revised": "With today's data", "phase": "Phase", "recession": "Recession"}
MILLISECONDS_A_DAY = 86_400_000
# Narrow enough for two side by side on a phone, so the list never scrolls.
LEGEND = {"entrywidth": 98, "font": {"size": 12}, "maxheight": 1.0}
FAINT, FULL = 0.45, 1.0


def names_of(dimension: str) -> list[str]:
    """The regimes or phases, in the order used everywhere."""
    return list(PHASE_COLOURS if dimension == "phase" else REGIME_COLOURS)


def name_of(row: Earned) -> str:
    """The regime's or the phase's name; days of none have none."""
    return row["name"] or ""


def in_order(rows: Iterable[Earned], dimension: str) -> list[Earned]:
    """The rows of one dimension, in that order."""
    by_name = {row["name"]: row for row in rows if row["dimension"] == dimension}
    return [by_name[name] for name in names_of(dimension) if name in by_name]


def returns(rows: Sequence[Earned]) -> go.Figure:
    """Annualised returns as bars, each with its likely range; lighter if the days are few."""
    figure = go.Figure()
    dress(figure)
    figure.add_bar(
        x=[row["annualised_return"] for row in rows],
        y=[name_of(row).capitalize() for row in rows],
        orientation="h",
        marker={
            "color": [STATE_COLOURS[name_of(row)] for row in rows],
            "opacity": [FAINT if row["confidence"] == "few days" else FULL for row in rows],
            "pattern": {"shape": [PATTERNS.get(name_of(row), "") for row in rows], "fillmode": "overlay", "size": 6},
        },
        error_x=_whiskers(rows),
        customdata=[[formats.count(row["trading_days"]), range_in_words(row)] for row in rows],
        hovertemplate="<b>%{y}</b>: %{x:+.1%} a year, %{customdata[1]}<br>%{customdata[0]} days<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, showgrid=False)
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", showgrid=False)
    figure.update_layout(showlegend=False, hovermode="closest", bargap=0.4)
    return figure


def strip(spans: Iterable[MacroSpan], first_day: str, last_day: str) -> go.Figure:
    """Regimes, phases and recessions between two days, one lane each."""
    figure = go.Figure()
    dress(figure)
    in_a_lane = [span for span in spans if span["kind"] in LANES]
    shown = [clipped for span in in_a_lane if (clipped := _clipped(span, first_day, last_day))]
    for name in STATE_COLOURS:
        if named := [span for span in shown if span["name"] == name]:
            figure.add_trace(_lane(name, named))
    figure.update_xaxes(type="date", range=[first_day, last_day], showgrid=False)
    lanes = list(LANES.values())
    figure.update_yaxes(categoryorder="array", categoryarray=lanes[::-1], ticksuffix="  ", showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.25, hovermode="closest", legend=LEGEND)
    return figure


def in_words(spans: Iterable[MacroSpan], first_day: str, last_day: str) -> str:
    """The lane of regimes in words: each one's share of the days."""
    days: Counter[str] = Counter()
    for span in spans:
        if span["kind"] == "regime" and (clipped := _clipped(span, first_day, last_day)):
            days[span["name"]] += _days(clipped)
    shares = [f"{name} {formats.percent(days[name] / days.total(), 0)}" for name in REGIME_COLOURS if days[name]]
    return f"Regimes from {formats.day(first_day)} to {formats.day(last_day)}: {', '.join(shares)} of the days."


def range_in_words(row: Earned) -> str:
    """`+7.1% to +33.5%`, or why there is none."""
    if row["annualised_return_low"] is None:
        return "too few days"
    bounds = row["annualised_return_low"], row["annualised_return_high"]
    return " to ".join(formats.percent(bound, signed=True) for bound in bounds)


def _lane(name: str, spans: list[MacroSpan]) -> go.Bar:
    """One kind of span as bars that begin on their first day and end after their last."""
    return go.Bar(
        base=[span["valid_from"] for span in spans],
        x=[_days(span) * MILLISECONDS_A_DAY for span in spans],
        y=[LANES[span["kind"]] for span in spans],
        name="NBER recession" if name == "recession" else name.capitalize(),
        orientation="h",
        marker={
            "color": STATE_COLOURS[name],
            "pattern": {"shape": PATTERNS.get(name, ""), "fillmode": "overlay", "size": 5},
            "line": {"width": 0},
        },
        customdata=[[formats.day(span["valid_from"]), formats.day(span["valid_to"])] for span in spans],
        hovertemplate="%{customdata[0]} to %{customdata[1]}",
    )


def _whiskers(rows: Sequence[Earned]) -> dict[str, object]:
    """How far each likely range extends beyond its bar, on either side; zero without a range."""
    above, below = [], []
    for row in rows:
        middle, low, high = row["annualised_return"], row["annualised_return_low"], row["annualised_return_high"]
        if middle is None or low is None or high is None:
            middle = low = high = 0
        above.append(high - middle)
        below.append(middle - low)
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": OUTLINE, "thickness": 1.5}


def _clipped(span: MacroSpan, first_day: str, last_day: str) -> MacroSpan | None:
    start, end = max(span["valid_from"], first_day), min(span["valid_to"], last_day)
    return {**span, "valid_from": start, "valid_to": end} if start <= end and span["kind"] in LANES else None


def _days(span: MacroSpan) -> int:
    return (date.fromisoformat(span["valid_to"]) - date.fromisoformat(span["valid_from"])).days + 1
