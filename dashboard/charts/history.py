"""Lines over time: value, return, drawdown and rolling statistics, over the macro regimes of their days."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard import formats
from dashboard.charts.regimes import Span, regime_shapes, states_on
from dashboard.charts.style import BENCHMARK, INVESTED, LOSS, OUTLINE, VALUE, Series, amounts, dress, price_axis
from dashboard.history import Lines, Value
from dashboard.thinning import kept_rows

MARKED_FALLS = {-0.1: "correction", -0.2: "bear market"}  # as markets call a fall of 10 and of 20 %
SIX_DIGITS = 6


def portfolio_value(series: Series, spans: list[Span], currency: str) -> go.Figure:
    """Market value and the money put in, over the regimes."""
    rows = kept_rows([series["market_value"], series["net_invested"]])
    days = _taken(series["date"], rows)
    value = go.Scatter(
        x=days,
        y=_taken(series["market_value"], rows),
        name="Market value",
        line={"color": VALUE, "width": 2},
        customdata=states_on(days, spans),
        hovertemplate=f"<b>{amounts(currency)}</b>, %{{customdata}}",
    )
    invested = go.Scatter(
        x=days,
        y=_taken(series["net_invested"], rows),
        name="Net invested",
        line={"color": INVESTED, "width": 1.5, "dash": "dash", "shape": "hv"},
        hovertemplate=amounts(currency),
    )
    figure = _framed([value, invested], days, spans)
    price_axis(figure, currency)
    return figure


def cumulative_return(found: Lines, spans: list[Span], benchmark: str | None) -> go.Figure:
    """Time-weighted return since the start of the window, beside the benchmark's, over the regimes."""
    rows = kept_rows([found.portfolio, found.benchmark])
    days = _taken(found.days, rows)
    traces = [
        go.Scatter(
            x=days,
            y=_rounded(found.portfolio, rows),
            name="Your portfolio",
            line={"color": VALUE, "width": 2},
            customdata=states_on(days, spans),
            hovertemplate="<b>%{y:+.1%}</b>, %{customdata}",
        )
    ]
    if benchmark:
        traces.append(
            go.Scatter(
                x=days,
                y=_rounded(found.benchmark, rows),
                name=benchmark,
                line={"color": BENCHMARK, "width": 1.5},
                hovertemplate="%{y:+.1%}",
            )
        )
    figure = _framed(traces, days, spans)
    figure.update_yaxes(tickformat=".0%", zeroline=True, zerolinecolor=OUTLINE, zerolinewidth=1)
    return figure


def drawdown(days: Sequence[str], depths: Sequence[Value], spans: list[Span]) -> go.Figure:
    """How far below the highest point so far, over the regimes of those days."""
    rows = kept_rows([depths])
    shown = _taken(days, rows)
    line = go.Scatter(
        x=shown,
        y=_rounded(depths, rows),
        name="Drawdown",
        fill="tozeroy",
        line={"color": LOSS, "width": 1.2},
        fillcolor="rgba(213, 94, 0, 0.22)",
        customdata=states_on(shown, spans),
        hovertemplate="<b>%{y:.1%}</b>, %{customdata}",
    )
    figure = _framed([line], shown, spans)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    deepest = min((depth for depth in depths if depth is not None), default=0)
    for depth, name in MARKED_FALLS.items():
        if deepest < depth:
            figure.add_hline(depth, line={"color": OUTLINE, "width": 1, "dash": "dot"}, **_label(name), layer="below")
    return figure


def rolling(days: Sequence[str], values: Sequence[Value], name: str, *, as_percent: bool) -> go.Figure:
    """A statistic over the last trading days, each day anew."""
    rows = kept_rows([values])
    shown = _taken(days, rows)
    line = go.Scatter(
        x=shown,
        y=_rounded(values, rows),
        name=name,
        line={"color": VALUE, "width": 1.6},
        hovertemplate="<b>%{y:.1%}</b>" if as_percent else "<b>%{y:.2f}</b>",
    )
    figure = _framed([line], shown, [])
    figure.update_yaxes(tickformat=".0%" if as_percent else ".1f", rangemode="tozero")
    figure.update_yaxes(zeroline=True, zerolinecolor=OUTLINE, zerolinewidth=1)
    figure.update_layout(showlegend=False)
    return figure


def _framed(traces: list[go.Scatter], days: Sequence[str], spans: list[Span]) -> go.Figure:
    figure = go.Figure(traces)
    dress(figure)
    figure.update_xaxes(showgrid=False, hoverformat=formats.day_pattern(formats.OF_PLOTLY))
    if days:
        figure.update_layout(shapes=regime_shapes(spans, days[0], days[-1]))
        figure.update_xaxes(range=[days[0], days[-1]])
    return figure


def _label(name: str) -> dict[str, Any]:
    return {"annotation_text": name, "annotation_position": "bottom left", "annotation_font_size": 11}


def _taken(column: Sequence[Any], rows: Sequence[int]) -> list[Any]:
    return [column[row] for row in rows]


def _rounded(column: Sequence[Value], rows: Sequence[int]) -> list[Value]:
    """Six digits behind the point: a hundredth of what any hover shows, in half the bytes."""
    return [None if column[row] is None else round(column[row], SIX_DIGITS) for row in rows]  # type: ignore[arg-type]
