"""A line as small as a word: an image that needs no script, readable on white and on black."""

from collections.abc import Sequence
from urllib.parse import quote

from dash import html

from dashboard.charts.style import DOWN, UP
from dashboard.ui import formats

WIDTH, HEIGHT, MARGIN = 96, 24, 2


def sparkline(name: str, values: Sequence[float | None]) -> html.Img:
    """Growth of one unit of money, from the first day to the last known one."""
    known = [value for value in values if value is not None]
    change = formats.percent(known[-1] - 1, signed=True) if known else "unknown"
    return html.Img(
        src=f"data:image/svg+xml,{quote(_svg(known), safe=_SAFE)}",
        alt=f"{name} while held: {change}",
        width=WIDTH,
        height=HEIGHT,
        className="sparkline",
    )


_SAFE = " /:=<>,.'-"


def _svg(values: Sequence[float]) -> str:
    colour = UP if values and values[-1] >= 1 else DOWN
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>"
        f"<polyline points='{' '.join(_points(values))}' fill='none' stroke='{colour}' stroke-width='1.5'/></svg>"
    )


def _points(values: Sequence[float]) -> list[str]:
    """Left to right over the full width, the lowest value at the bottom; a flat line in the middle."""
    if not values:
        return []
    lowest, highest = min(values), max(values)
    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    height = HEIGHT - 2 * MARGIN
    return [
        f"{MARGIN + row * step:.0f},{MARGIN + height * (_share_from_top(value, lowest, highest)):.1f}"
        for row, value in enumerate(values)
    ]


def _share_from_top(value: float, lowest: float, highest: float) -> float:
    return (highest - value) / (highest - lowest) if highest > lowest else 0.5
