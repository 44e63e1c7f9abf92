"""Explain this number: the name of a figure that can be asked what it means and where it comes from."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html

from dashboard.aria import aria


def figure_name(label: str, model: str, column: str, place: str = "") -> dmc.UnstyledButton:
    """A figure's name as a button that explains it.

    `model` and `column` say where the API has it from; `place` tells two buttons of a page apart, as a ticker does.
    """
    return dmc.UnstyledButton(
        [label, html.Span("?", className="explain-mark", **aria(hidden="true"))],
        id={"type": "explain", "model": model, "column": column, "place": place},
        className="explain",
        **aria(label=f"{label}: explain this number", haspopup="dialog"),
    )
