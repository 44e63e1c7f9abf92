"""The content of the drawer that explains a number; fetches no data."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import ComponentSingleType

from dashboard.api.payloads import Figure, Performance, PortfolioStatus, TestsOfModel, WindowPerformance
from dashboard.explain import breakdown
from dashboard.explain.breakdown import Part
from dashboard.ui import formats
from dashboard.ui.aria import aria
from dashboard.ui.tables import Column, table

Return = Literal["time_weighted_return", "money_weighted_return", "simple_return"]
RETURNS: dict[Return, tuple[str, str]] = {
    "time_weighted_return": ("Time-weighted", "all time"),
    "money_weighted_return": ("Money-weighted", "a year"),
    "simple_return": ("Simple", "all time"),
}
WHY_THEY_DIFFER = (
    "Each answers a different question: time-weighted is the return of the assets, whenever you invested; "
    "money-weighted is the yearly rate your money earned, including your timing; simple is the profit over "
    "all money invested, however long it stayed."
)
NAMES = {
    "time_weighted_return": "Time-weighted return",
    "money_weighted_return": "Money-weighted return",
    "total_pnl": "Total profit and loss",
    "cagr": "Annual growth rate (CAGR)",
    "max_drawdown": "Deepest drawdown",
    "annualised_return": "Annualised return",
    "hit_rate": "Days up",
    "realized_pnl": "Realised profit and loss",
    "unrealized_pnl": "Unrealised profit and loss",
}


def name_of(column: str, place: str) -> str:
    """The figure's name, and its ticker if the place is one: those are in upper case."""
    name = NAMES.get(column) or column.replace("_", " ").capitalize()
    return f"{name} · {place}" if place and place == place.upper() else name


def provenance(
    model: str, column: str, figure: Figure | None, status: PortfolioStatus, today: date
) -> list[html.H3 | html.Dl]:
    """The model and column, their inputs, when they were built, and whether the tests passed."""
    terms = {
        "dbt model": html.Code(model),
        "Column": html.Code(column),
        "Inputs": _inputs(figure),
        "Built": _built(figure, status, today),
        "Prices up to": formats.day(status["prices_as_of"]),
        "Macro data up to": formats.day(status["macro_as_of"]),
        "Tests": tests_in_words(figure["tests"] if figure else None, today),
    }
    pairs = [part for term, meaning in terms.items() for part in (html.Dt(term), html.Dd(meaning))]
    return [html.H3("Where it comes from"), html.Dl(pairs, className="provenance")]


def tests_in_words(tests: TestsOfModel | None, today: date) -> str:
    """How the model's tests ended."""
    if not tests:
        return "The model has not been tested yet."
    when = formats.moment(formats.instant(tests["tested_at"]), today)
    whole = tests["passed"] + tests["failed"]
    if tests["failed"]:
        return f"{tests['failed']} of {whole} tests of the model failed {when}. Treat this number with caution."
    return f"All {whole} tests of the model passed {when}."


def formula(figure: Figure | None) -> html.P | dmc.Alert:
    """What the number means, in the words of the model docs."""
    if figure and figure["description"]:
        return html.P(figure["description"])
    return dmc.Alert(
        "If the models were just updated, look again in a minute.",
        title="No description yet",
        color="gray",
        variant="light",
    )


def three_returns(returns: Performance | WindowPerformance | None, column: str) -> list[ComponentSingleType]:
    """The three returns side by side, whichever was asked about."""
    if returns is None or column not in RETURNS:
        return []
    cards = [
        dmc.Paper(
            [
                html.Span(label, className="under"),
                dmc.Text(formats.percent(returns[name], signed=True), size="lg", fw=650),
                html.Span(note, className="under"),
            ],
            withBorder=True,
            p="xs",
            **({"className": "chosen"} | aria(current="true") if name == column else {}),
        )
        for name, (label, note) in RETURNS.items()
    ]
    return [html.H3("The three returns"), dmc.SimpleGrid(cards, cols=3, spacing="xs"), html.P(WHY_THEY_DIFFER)]


def made_from(parts: Sequence[Part]) -> list[html.H3 | html.Div]:
    """The inputs, each with a link."""
    if not parts:
        return []
    columns: list[Column[Part]] = [
        Column("Part", lambda part: _linked(part.label, part.href), numeric=False),
        Column("Value", lambda part: part.value),
    ]
    return [html.H3("Made from"), table("What the number was made from", columns, parts)]


def _inputs(figure: Figure | None) -> html.Ul | str:
    if not figure or not figure["inputs"]:
        return formats.UNKNOWN
    return html.Ul([html.Li(_input(model)) for model in figure["inputs"]])


def _input(model: str) -> list[ComponentSingleType]:
    meaning, href = breakdown.page_of(model)
    return [html.Code(model), *([": ", _linked(meaning, href)] if meaning else [])]


def _built(figure: Figure | None, status: PortfolioStatus, today: date) -> str:
    built = (figure["built_at"] if figure else None) or status["last_refresh"]
    return formats.moment(formats.instant(built), today) if built else "not yet"


def _linked(label: str, href: str) -> dcc.Link | str:
    return dcc.Link(label, href=href) if href else label
