"""What stands where the content would have stood, when the API refuses to give it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.api.client import ApiRefusalError

Draw = Callable[..., Any]


def trouble(error: Exception) -> dmc.Alert:
    """The API's own sentence."""
    return dmc.Alert(str(error), title="This could not be loaded", color="red", variant="light")


def loading(height: int) -> dmc.Skeleton:
    """What keeps the place of content `height` pixels high."""
    return dmc.Skeleton(height=height, animate=False)


def or_notice(draw: Draw) -> Draw:
    """For a callback with one output: where the API refuses, its sentence is drawn. An outage leaves what is shown."""

    @wraps(draw)
    def drawn(*inputs: Any) -> Any:
        try:
            return draw(*inputs)
        except ApiRefusalError as refusal:
            if refusal.is_temporary:
                raise
            return trouble(refusal)

    return drawn
