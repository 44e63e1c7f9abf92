"""Figures as pure functions of what the API answers. Returns come as fractions and are shown in percent."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard import formats

Series = dict[str, list[Any]]
Span = dict[str, Any]

# Okabe and Ito's palette, told apart by people with any kind of colour vision; strong enough on white and on black.
REGIME_COLOURS = {"goldilocks": "#009e73", "reflation": "#e69f00", "stagflation": "#cc79a7", "deflation": "#56b4e9"}
VALUE, INVESTED, LOSS, OUTLINE = "#2f7ed8", "#8a8f98", "#d55e00", "#6b7280"
SHADE_OPACITY = 0.2
FONT = {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": OUTLINE}
GRID = "rgba(128, 128, 128, 0.18)"


def portfolio_value(series: Series, spans: list[Span], currency: str) -> go.Figure:
    """Market value and the money put in, over the regimes."""
    symbol = formats.symbol(currency)
    amount = "%{y:,.0f}" if symbol else f"%{{y:,.0f}} {currency}"
    value = go.Scatter(
        x=series["date"],
        y=series["market_value"],
        name="Market value",
        line={"color": VALUE, "width": 2},
        customdata=list(zip(_percents(series["daily_return"]), _regime_names(series), strict=True)),
        hovertemplate=f"<b>{symbol}{amount}</b>, %{{customdata[0]}} that day<br>Regime: %{{customdata[1]}}",
    )
    invested = go.Scatter(
        x=series["date"],
        y=series["net_invested"],
        name="Net invested",
        line={"color": INVESTED, "width": 1.5, "dash": "dash", "shape": "hv"},
        hovertemplate=f"{symbol}{amount}",
    )
    figure = _framed([value, invested], series, spans)
    figure.update_yaxes(tickprefix=symbol, tickformat="~s", title_text="" if symbol else currency)
    return figure


def cumulative_return(series: Series, spans: list[Span]) -> go.Figure:
    """Time-weighted return since the start of the window, over the regimes."""
    line = go.Scatter(
        x=series["date"],
        y=series["cumulative_return"],
        name="Time-weighted return",
        line={"color": VALUE, "width": 2},
        customdata=list(zip(_percents(series["daily_return"]), _regime_names(series), strict=True)),
        hovertemplate="<b>%{y:+.1%}</b>, %{customdata[0]} that day<br>Regime: %{customdata[1]}",
    )
    figure = _framed([line], series, spans)
    figure.update_yaxes(tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, zerolinewidth=1)
    return figure


def drawdown(series: Series) -> go.Figure:
    """How far below the highest point so far."""
    line = go.Scatter(
        x=series["date"],
        y=series["drawdown"],
        name="Drawdown",
        fill="tozeroy",
        line={"color": LOSS, "width": 1.2},
        fillcolor="rgba(213, 94, 0, 0.22)",
        customdata=_regime_names(series),
        hovertemplate="<b>%{y:.1%}</b><br>Regime: %{customdata}",
    )
    figure = _framed([line], series, [])
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=False)
    return figure


def regime_returns(rows: list[dict[str, Any]]) -> go.Figure:
    """Annualised return in each regime that occurred, as bars in the regimes' own colours and order."""
    by_name = {row["name"]: row for row in rows if row["dimension"] == "regime"}
    regimes = [by_name[name] for name in REGIME_COLOURS if name in by_name]
    bars = go.Bar(
        x=[regime["annualised_return"] for regime in regimes],
        y=[regime["name"].capitalize() for regime in regimes],
        orientation="h",
        marker={"color": [REGIME_COLOURS[regime["name"]] for regime in regimes]},
        text=[formats.percent(regime["annualised_return"], signed=True) for regime in regimes],
        textposition="outside",
        cliponaxis=False,
        customdata=[[regime["trading_days"]] for regime in regimes],
        hovertemplate="<b>%{y}</b>: %{x:+.1%} a year<br>%{customdata[0]:,} trading days<extra></extra>",
    )
    figure = go.Figure(bars)
    _dress(figure)
    figure.update_xaxes(
        tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, gridcolor=GRID, range=_with_room_for_labels(bars.x)
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    figure.update_layout(showlegend=False, hovermode="closest", bargap=0.35)
    return figure


def _with_room_for_labels(lengths: Iterable[float | None]) -> list[float]:
    """Range of the bars' axis that leaves a quarter of their span free beyond them, where each bar's figure stands."""
    known = [0.0, *(length for length in lengths if length is not None)]
    lowest, highest = min(known), max(known)
    room = (highest - lowest) / 4
    return [lowest - (room if lowest < 0 else 0), highest + (room if highest > 0 else 0)]


def blank() -> go.Figure:
    """What stands in a chart's place until there is something to draw."""
    figure = go.Figure()
    _dress(figure)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def regime_shapes(spans: Iterable[Span], first_day: str, last_day: str) -> list[dict[str, Any]]:
    """Shaded regimes and outlined recessions between two days, each kind named once in the legend."""
    shapes: list[dict[str, Any]] = []
    named: set[str] = set()
    for span in spans:
        start, end = max(span["valid_from"], first_day), min(_day_after(span["valid_to"]), last_day)
        style = _span_style(span)
        if style is None or start >= end:
            continue
        shapes.append(_background(start, end) | style | {"showlegend": style["name"] not in named})
        named.add(style["name"])
    return shapes


def _day_after(day: str) -> str:
    """Where the last day of a span ends, so that the next span begins without a gap."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _span_style(span: Span) -> dict[str, Any] | None:
    if span["kind"] == "recession":
        outline = {"color": OUTLINE, "width": 1.2, "dash": "dot"}
        return {"name": "NBER recession", "legendgroup": "recession", "line": outline, "legendrank": 1100}
    if span["kind"] != "regime" or span["name"] not in REGIME_COLOURS:
        return None
    return {
        "name": span["name"].capitalize(),
        "legendgroup": span["name"],
        "fillcolor": REGIME_COLOURS[span["name"]],
        "opacity": SHADE_OPACITY,
        "line": {"width": 0},
        "legendrank": 1001 + list(REGIME_COLOURS).index(span["name"]),
    }


def _background(start: str, end: str) -> dict[str, Any]:
    return {"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below"}


def _framed(traces: list[go.Scatter], series: Series, spans: list[Span]) -> go.Figure:
    figure = go.Figure(traces)
    _dress(figure)
    figure.update_xaxes(showgrid=False, hoverformat="%Y-%m-%d")
    if series["date"]:
        first_day, last_day = series["date"][0], series["date"][-1]
        figure.update_layout(shapes=regime_shapes(spans, first_day, last_day))
        figure.update_xaxes(range=[first_day, last_day])
    return figure


def _dress(figure: go.Figure) -> None:
    """Nothing but the data: transparent, so that the page's light or dark shines through."""
    figure.update_layout(
        template=None,
        font=FONT,
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "itemclick": "toggle"},
    )
    figure.update_xaxes(automargin=True, fixedrange=True, spikethickness=1, spikecolor=OUTLINE, spikedash="dot")
    figure.update_yaxes(automargin=True, fixedrange=True, gridcolor=GRID, zeroline=False)


def _percents(fractions: list[float | None]) -> list[str]:
    return [formats.percent(fraction, 2, signed=True) for fraction in fractions]


def _regime_names(series: Series) -> list[str]:
    return [name or "not known yet" for name in series["regime"]]
