"""Attributes for screen readers."""

from typing import Any


def aria(**attributes: str) -> dict[str, Any]:  # a str would be taken for what each other argument is
    """`aria(label="Pages")` is the attribute `aria-label="Pages"` of a Dash component."""
    return {f"aria-{name}": value for name, value in attributes.items()}
