"""What all charts share: colours, fonts, separators, and saving as pictures."""

import plotly.graph_objects as go  # type: ignore[import-untyped]
from dash import dcc

from dashboard.ui import formats

VALUE, BENCHMARK, INVESTED, LOSS, OUTLINE = "#2f7ed8", "#c07800", "#8a8f98", "#d55e00", "#6b7280"
DIVIDENDS = "#009e73"
UP, DOWN = "#0f9d75", "#dd6b3f"  # of the small lines, readable on white and on black
# Okabe and Ito's palette, distinguishable with any colour vision; strong enough on white and on black.
REGIME_COLOURS = {"goldilocks": "#009e73", "reflation": "#e69f00", "stagflation": "#cc79a7", "deflation": "#56b4e9"}
PHASE_COLOURS = {"expansionary": "#8a8f98", "contractionary": "#d55e00"}  # where most of the time is spent is grey
STATE_COLOURS = REGIME_COLOURS | PHASE_COLOURS | {"recession": OUTLINE}
FONT = {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": OUTLINE}
GRID = "rgba(128, 128, 128, 0.18)"
# The bar's only button saves a picture of the chart; it appears on hover and focus.
CONFIG: dcc.Graph.Config = {
    "responsive": True,
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "macrofolio"},
}


def dress(figure: go.Figure) -> None:
    """Strip everything but the data: transparent, so that the page's light or dark mode shows through."""
    figure.update_layout(
        template=None,
        font=FONT,
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="x unified",
        separators=formats.separators(),
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "font": {"size": 11},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        modebar={"bgcolor": "rgba(0, 0, 0, 0)", "color": OUTLINE, "activecolor": VALUE},
    )
    figure.update_xaxes(automargin=True, fixedrange=True, spikethickness=1, spikecolor=OUTLINE, spikedash="dot")
    figure.update_yaxes(automargin=True, fixedrange=True, gridcolor=GRID, zeroline=False)


def price_axis(figure: go.Figure, currency: str, axis: str = "yaxis") -> None:
    """Thousands and millions abbreviated, with the currency's sign, or its code as the title."""
    sign = formats.symbol(currency)
    figure.update_layout({axis: {"tickprefix": sign, "tickformat": "~s", "title": {"text": "" if sign else currency}}})


def amounts(currency: str, variable: str = "y") -> str:
    """Hover format for money: whole units, with the sign before or the code after."""
    sign = formats.symbol(currency)
    return f"{sign}%{{{variable}:,.0f}}" if sign else f"%{{{variable}:,.0f}} {currency}"
