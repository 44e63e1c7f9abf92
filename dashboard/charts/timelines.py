"""Lines over time: value, return, drawdown and rolling statistics, over macro regimes."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from numpy.typing import DTypeLike, NDArray

from dashboard.analytics.windows import Series
from dashboard.api.payloads import MacroSpan, ReturnLines
from dashboard.charts.downsample import kept_rows
from dashboard.charts.regimes import regime_shapes, states_on
from dashboard.charts.style import BENCHMARK, INVESTED, LOSS, OUTLINE, VALUE, amounts, dress, price_axis
from dashboard.ui import formats

Value = float | None
MONEY, RATIO = np.float64, np.float32  # a hover shows fewer than seven digits of a ratio


def portfolio_value(series: Series, spans: list[MacroSpan], currency: str) -> go.Figure:
    """Market value and net invested, over the regimes."""
    rows = kept_rows([series["market_value"], series["net_invested"]])
    days = [series["date"][row] for row in rows]
    x = _texts(days)
    value = go.Scatter(
        x=x,
        y=_numbers(series["market_value"], rows, MONEY),
        name="Market value",
        line={"color": VALUE, "width": 2},
        customdata=_texts(states_on(days, spans)),
        hovertemplate=f"<b>{amounts(currency)}</b>, %{{customdata}}",
    )
    invested = go.Scatter(
        x=x,
        y=_numbers(series["net_invested"], rows, MONEY),
        name="Net invested",
        line={"color": INVESTED, "width": 1.5, "dash": "dash", "shape": "hv"},
        hovertemplate=amounts(currency),
    )
    figure = _framed([value, invested], days, spans)
    price_axis(figure, currency)
    return figure


def cumulative_return(lines: ReturnLines, spans: list[MacroSpan], benchmark: str | None) -> go.Figure:
    """Time-weighted return since the start of the window, with the benchmark's, over the regimes."""
    rows = kept_rows([lines["portfolio"], lines["benchmark"]])
    days = [lines["date"][row] for row in rows]
    x = _texts(days)
    traces = [
        go.Scatter(
            x=x,
            y=_numbers(lines["portfolio"], rows, RATIO),
            name="Your portfolio",
            line={"color": VALUE, "width": 2},
            customdata=_texts(states_on(days, spans)),
            hovertemplate="<b>%{y:+.1%}</b>, %{customdata}",
        )
    ]
    if benchmark:
        traces.append(
            go.Scatter(
                x=x,
                y=_numbers(lines["benchmark"], rows, RATIO),
                name=benchmark,
                line={"color": BENCHMARK, "width": 1.5},
                hovertemplate="%{y:+.1%}",
            )
        )
    figure = _framed(traces, days, spans)
    figure.update_yaxes(tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, zerolinewidth=1)
    return figure


def drawdown(all_days: Sequence[str], depths: Sequence[Value], spans: list[MacroSpan]) -> go.Figure:
    """How far below the peak so far, over the regimes of those days."""
    rows = kept_rows([depths])
    days = [all_days[row] for row in rows]
    line = go.Scatter(
        x=_texts(days),
        y=_numbers(depths, rows, RATIO),
        name="Drawdown",
        fill="tozeroy",
        line={"color": LOSS, "width": 1.2},
        fillcolor="rgba(213, 94, 0, 0.22)",
        customdata=_texts(states_on(days, spans)),
        hovertemplate="<b>%{y:.1%}</b>, %{customdata}",
    )
    figure = _framed([line], days, spans)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def rolling(all_days: Sequence[str], values: Sequence[Value], name: str, *, as_percent: bool) -> go.Figure:
    """A rolling statistic over the last trading days."""
    rows = kept_rows([values])
    days = [all_days[row] for row in rows]
    line = go.Scatter(
        x=_texts(days),
        y=_numbers(values, rows, RATIO),
        name=name,
        line={"color": VALUE, "width": 1.6},
        hovertemplate="<b>%{y:.1%}</b>" if as_percent else "<b>%{y:.2f}</b>",
    )
    figure = _framed([line], days, [])
    figure.update_yaxes(tickformat=".0%" if as_percent else ".1f", rangemode="tozero")
    figure.update_yaxes(zeroline=True, zerolinecolor=OUTLINE, zerolinewidth=1)
    figure.update_layout(showlegend=False)
    return figure


def _framed(traces: list[go.Scatter], days: Sequence[str], spans: list[MacroSpan]) -> go.Figure:
    figure = go.Figure(traces)
    dress(figure)
    figure.update_xaxes(showgrid=False, hoverformat=formats.day_pattern(formats.OF_PLOTLY))
    if days:
        figure.update_layout(shapes=regime_shapes(spans, days[0], days[-1]))
        figure.update_xaxes(range=[days[0], days[-1]])
    return figure


def _texts(column: Sequence[str]) -> NDArray[np.object_]:
    """As an array, which plotly accepts without checking each element."""
    return np.array(column, dtype=object)


def _numbers(column: Sequence[Value], rows: Sequence[int], kind: DTypeLike) -> NDArray[np.floating]:
    """As an array, which serialises compactly; an unknown value is NaN, drawn as a gap."""
    return np.array([column[row] for row in rows], dtype=kind)
