"""Replaces content when the API refuses to provide it."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

import dash_mantine_components as dmc  # type: ignore[import-untyped]

from dashboard.api.client import ApiRefusalError, ApiUnavailableError

Inputs = ParamSpec("Inputs")
Drawn = TypeVar("Drawn")


def trouble(error: Exception) -> dmc.Alert:
    """The API's own sentence."""
    return dmc.Alert(str(error), title="Could not load this", color="red", variant="light")


def loading(height: int) -> dmc.Skeleton:
    """Reserves `height` pixels for content."""
    return dmc.Skeleton(height=height, animate=False)


def done(text: str) -> dmc.Alert:
    """That something was done."""
    return dmc.Alert(text, color="teal", variant="light")


def refused(error: Exception, names: Iterable[str]) -> tuple[dict[str, str], dmc.Alert | None]:
    """The API's message for each of these fields, or its sentence if it is about none of them."""
    fields = error.fields if isinstance(error, ApiRefusalError) else {}
    at_fields = {name: str(fields.get(name, "")) for name in names}
    if any(at_fields.values()):
        return at_fields, None
    return at_fields, dmc.Alert(str(error), color="red", variant="light")


def not_done(error: ApiRefusalError | ApiUnavailableError) -> dmc.Alert:
    """Why something was not done, in the API's own words."""
    return dmc.Alert(str(error), color="red", variant="light")


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
