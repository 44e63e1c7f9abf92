"""Monthly returns as a heat map."""

from collections.abc import Mapping

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.charts.style import dress
from dashboard.ui import formats

Value = float | None
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEAR = "Year"
STRONGEST = 0.10  # months beyond 10 % have the strongest colour, so that one wild month doesn't pale all others
# From loss to gain, distinguishable with any colour vision, and colourless near zero.
COLOURS = [[0, "rgba(213, 94, 0, 0.75)"], [0.5, "rgba(128, 128, 128, 0.06)"], [1, "rgba(47, 126, 216, 0.75)"]]


def monthly_returns(months: Mapping[str, Value], years: Mapping[str, Value]) -> go.Figure:
    """One row per year, newest on top; one column per month, then the whole year."""
    names = sorted(years, reverse=True)
    cells = [[*(months.get(f"{year}-{month:02}") for month in range(1, 13)), years[year]] for year in names]
    heat = go.Heatmap(
        x=[*NAMES, YEAR],
        y=names,
        z=cells,
        text=[["" if cell is None else formats.percent(cell) for cell in row] for row in cells],
        texttemplate="%{text}",
        hovertemplate="<b>%{x} %{y}</b>: %{text}<extra></extra>",
        hoverongaps=False,
        colorscale=COLOURS,
        zmin=-STRONGEST,
        zmax=STRONGEST,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure = go.Figure(heat)
    dress(figure)
    figure.update_xaxes(side="top", showgrid=False, type="category")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", ticksuffix=" ")
    figure.update_layout(hovermode="closest", font_size=12)
    return figure
