"""A chart on its page: a box with a fixed height, and the chart that fills it."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
import plotly.graph_objects as go  # type: ignore[import-untyped]
from dash import dcc, html

from dashboard.charts import CONFIG
from dashboard.ui.aria import aria


def box(graph_id: str, size: str) -> html.Div:
    """The box that a callback fills with `graph` and labels for screen readers; `size` is a class in the stylesheet."""
    return html.Div(
        dmc.Skeleton(h="100%"), id=graph_id, className=f"graph {size}", role="figure", **aria(label="Loading")
    )


def graph(figure: go.Figure, style: dict[str, str] | None = None) -> dcc.Graph:
    """A chart that fills its box."""
    return dcc.Graph(figure=figure, config=CONFIG, style=style or {"height": "100%"})
