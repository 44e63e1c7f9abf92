"""Macro regimes behind a chart, and the return in each."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.api.payloads import MacroSpan, RegimePerformance
from dashboard.charts.style import GRID, OUTLINE, REGIME_COLOURS, STATE_COLOURS, dress
from dashboard.ui import formats

Shape = dict[str, object]  # of plotly's layout

SHADE_OPACITY = 0.2


def chosen_spans(spans: Iterable[MacroSpan], view: str, known: str) -> list[MacroSpan]:
    """The states to shade: quadrants or phases, as known `then` or `now`, with recessions, by day."""
    kind = {"quadrant": "regime", "phase": "phase"}.get(view, "") + ("_revised" if known == "now" else "")
    kinds = (kind, "recession") if view in ("quadrant", "phase") else ()
    return sorted((span for span in spans if span["kind"] in kinds), key=lambda span: span["valid_from"])


def regime_shapes(spans: Iterable[MacroSpan], first_day: str, last_day: str) -> list[Shape]:
    """Shaded states and outlined recessions between two days, each named once in the legend."""
    shapes: list[Shape] = []
    named: set[str] = set()
    for span in spans:
        start, end = max(span["valid_from"], first_day), min(_day_after(span["valid_to"]), last_day)
        name, style = _span_style(span)
        if not name or start >= end:
            continue
        shapes.append(_background(start, end) | style | {"name": name, "showlegend": name not in named})
        named.add(name)
    return shapes


def states_on(days: Sequence[str], spans: Iterable[MacroSpan]) -> list[str]:
    """The state's name on each of these days, for hovers."""
    states = sorted((span for span in spans if span["kind"] != "recession"), key=lambda span: span["valid_from"])
    starts = [span["valid_from"] for span in states]
    found = [bisect_right(starts, day) - 1 for day in days]
    return [
        states[row]["name"] if row >= 0 and day <= states[row]["valid_to"] else "not known yet"
        for day, row in zip(days, found, strict=True)
    ]


def regime_returns(rows: list[RegimePerformance]) -> go.Figure:
    """Annualised return in each regime that occurred, as bars in the regimes' colours and order."""
    by_name = {row["name"]: row for row in rows if row["dimension"] == "regime"}
    regimes = {name: by_name[name] for name in REGIME_COLOURS if name in by_name}
    bars = go.Bar(
        x=[regime["annualised_return"] for regime in regimes.values()],
        y=[name.capitalize() for name in regimes],
        orientation="h",
        marker={"color": [REGIME_COLOURS[name] for name in regimes]},
        text=[formats.percent(regime["annualised_return"], signed=True) for regime in regimes.values()],
        textposition="outside",
        cliponaxis=False,
        customdata=[[regime["trading_days"]] for regime in regimes.values()],
        hovertemplate="<b>%{y}</b>: %{x:+.1%} a year<br>%{customdata[0]:,} trading days<extra></extra>",
    )
    figure = go.Figure(bars)
    dress(figure)
    figure.update_xaxes(
        tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, gridcolor=GRID, range=with_room_for_labels(bars.x)
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    figure.update_layout(showlegend=False, hovermode="closest", bargap=0.35)
    return figure


def with_room_for_labels(lengths: Iterable[float | None]) -> list[float]:
    """The bars' axis range, with a third of their span free for each bar's figure."""
    known = [0.0, *(length for length in lengths if length is not None)]
    lowest, highest = min(known), max(known)
    room = (highest - lowest) / 3
    return [lowest - (room if lowest < 0 else 0), highest + (room if highest > 0 else 0)]


def _day_after(day: str) -> str:
    """The end of a span's last day, so that the next span begins without a gap."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _span_style(span: MacroSpan) -> tuple[str, Shape]:
    """What the legend calls a span, and how it looks; no name for what is not shaded."""
    if span["kind"] == "recession":
        outline = {"color": OUTLINE, "width": 1.2, "dash": "dot"}
        return "NBER recession", {"line": outline, "legendrank": 1100}
    if span["name"] not in STATE_COLOURS:
        return "", {}
    return span["name"].capitalize(), {
        "fillcolor": STATE_COLOURS[span["name"]],
        "opacity": SHADE_OPACITY,
        "line": {"width": 0},
        "legendrank": 1001 + list(STATE_COLOURS).index(span["name"]),
    }


def _background(start: str, end: str) -> Shape:
    return {"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below"}
