"""A small line shows direction and extent, and says both."""

from typing import Any
from urllib.parse import unquote

from dashboard.charts.style import DOWN, UP
from dashboard.ui.sparkline import sparkline


def drawn(*values: float | None) -> str:
    image: Any = sparkline("VTI", values)
    return unquote(image.src)


def told(*values: float | None) -> str:
    image: Any = sparkline("VTI", values)
    return str(image.alt)


def test_the_line_goes_from_left_to_right_with_the_highest_on_top() -> None:
    assert "points='2,22.0 48,2.0 94,12.0'" in drawn(1.0, 1.2, 1.1)


def test_gains_and_losses_have_their_colour_and_their_words() -> None:
    assert UP in drawn(1.0, 1.25)
    assert DOWN in drawn(1.0, 0.75)
    assert told(1.0, 0.75) == "VTI while held: -25.0%"


def test_unknown_values_are_left_out() -> None:
    assert told(1.0, 1.5, None) == "VTI while held: +50.0%"
    assert told() == "VTI while held: unknown"


def test_a_flat_line_stands_in_the_middle() -> None:
    assert "points='2,12.0 94,12.0'" in drawn(1.0, 1.0)
