"""Replaces content when the API refuses to provide it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.api.client import ApiRefusalError

Inputs = ParamSpec("Inputs")
Drawn = TypeVar("Drawn")


def trouble(error: Exception) -> dmc.Alert:
    """The API's own sentence."""
    return dmc.Alert(str(error), title="Could not load this", color="red", variant="light")


def loading(height: int) -> dmc.Skeleton:
    """Reserves `height` pixels for content."""
    return dmc.Skeleton(height=height, animate=False)


def or_notice(draw: Callable[Inputs, Drawn]) -> Callable[Inputs, Drawn | dmc.Alert]:
    """For a callback with one output: shows the API's sentence if it refuses. An outage leaves the page as it is."""

    @wraps(draw)
    def drawn(*inputs: Inputs.args, **named: Inputs.kwargs) -> Drawn | dmc.Alert:
        try:
            return draw(*inputs, **named)
        except ApiRefusalError as refusal:
            if refusal.is_temporary:
                raise
            return trouble(refusal)

    return drawn
