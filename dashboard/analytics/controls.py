"""The bar on the analytics page that controls all of its charts."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html

from dashboard.analytics.allocation import DIMENSIONS
from dashboard.analytics.state import BASES, KNOWN, LENGTHS, REGIMES, View
from dashboard.analytics.windows import WINDOWS
from dashboard.ui import formats
from dashboard.ui.aria import aria


def bar(view: View) -> html.Div:
    """Window, dates, return measure, and the regimes behind the charts."""
    return html.Div(
        [
            choice("analytics-window", "Time window", WINDOWS, view.window),
            _days(view),
            choice(
                "analytics-basis",
                "Returns: nominal, after inflation, or over Treasury bills",
                BASES,
                view.basis,
            ),
            html.Div(
                [
                    choice("analytics-regimes", "Macro regimes behind the charts", REGIMES, view.regimes),
                    choice("analytics-known", "Regimes as known then, or with today's data", KNOWN, view.known),
                ],
                className="analytics-regime-choice",
            ),
        ],
        className="analytics-bar",
        role="group",
        **aria(label="Chart settings"),
    )


def allocation_choice(view: View) -> html.Div:
    """By what the parts of the portfolio are told apart."""
    return choice("analytics-by", "Parts of the portfolio by", DIMENSIONS, view.by)


def rolling_choice(view: View) -> html.Div:
    """How many trading days each point of the rolling statistics looks back on."""
    return choice("analytics-rolling", "Trading days that each point looks back on", LENGTHS, view.rolling)


def choice(control_id: str, label: str, options: dict[str, str], value: str) -> html.Div:
    """A choice of a few options, all visible; on a narrow screen it scrolls in its own box."""
    control = dmc.SegmentedControl(
        id=control_id,
        data=[{"value": name, "label": text} for name, text in options.items()],
        value=value,
        size="xs",
        **aria(label=label),
    )
    return html.Div(control, className="choice")


def _days(view: View) -> dmc.DatePickerInput:
    """The window's first and last day; choosing other dates makes a custom window."""
    return dmc.DatePickerInput(
        id="analytics-days",
        type="range",
        value=[view.first_day, view.last_day],
        valueFormat=formats.day_pattern(formats.OF_MANTINE),
        placeholder="First and last day",
        size="xs",
        className="analytics-days",
        dropdownType="popover",
        **aria(label="First and last day of the window"),
    )
