"""Explain this number: figure names as buttons, and the drawer that answers."""

from datetime import UTC, datetime
from typing import TypedDict

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ALL, Input, Output, ctx, html
from dash.development.base_component import ComponentSingleType, ComponentType
from dash.exceptions import PreventUpdate

from dashboard.api import user_api
from dashboard.api.client import ApiRefusalError, ApiUnavailableError
from dashboard.api.payloads import Performance, WindowPerformance
from dashboard.api.user_api import UserApi
from dashboard.explain import breakdown, layout
from dashboard.explain.breakdown import Part
from dashboard.ui.aria import aria
from dashboard.ui.notices import trouble

WHOLE, WINDOWS, TICKERS = "gold__performance", "gold_performance_windows", "gold_ticker_kpis"
REGIMES, TICKER_REGIMES = "gold_regime_performance", "gold_ticker_regime_performance"

EVERY_TICKER = "tickers"  # the place of a name that heads a column with one row per ticker


class Asked(TypedDict):
    """Which figure was pressed: the part of a button's id that `figure_name` chose."""

    model: str
    column: str
    place: str


def figure_name(label: str, model: str, column: str, place: str = "") -> dmc.UnstyledButton:
    """A figure's name as a button that explains it.

    `model` and `column` say where the API gets it; `place` distinguishes two buttons on a page, such as by ticker.
    """
    return dmc.UnstyledButton(
        [label, html.Span("?", className="explain-mark", **aria(hidden="true"))],
        id={"type": "explain", "model": model, "column": column, "place": place},
        className="explain",
        **aria(label=f"{label}: explain this number", haspopup="dialog"),
    )


def drawer() -> dmc.Drawer:
    """Closed until a figure's name is pressed; Escape closes it, and focus returns to the name."""
    return dmc.Drawer(
        id="explain-drawer",
        opened=False,
        position="right",
        size="min(34rem, 100%)",
        closeButtonProps=aria(label="Close"),
        className="explanation",
    )


def wire(app: dash.Dash) -> None:
    """Register the callbacks of the drawer."""
    app.callback(
        Output("explain-drawer", "opened"),
        Output("explain-drawer", "title"),
        Output("explain-drawer", "children"),
        Input({"type": "explain", "model": ALL, "column": ALL, "place": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(explain)
    app.callback(
        Output("explain-drawer", "opened", allow_duplicate=True),
        Input("_pages_location", "pathname"),
        Input("_pages_location", "search"),
        prevent_initial_call=True,
    )(close_behind)


def explain(_clicks: list[int | None]) -> tuple[bool, str, ComponentType]:
    """Open for a pressed name; a name that has just appeared has no click yet."""
    pressed = ctx.triggered_id
    if not isinstance(pressed, dict) or not any(changed["value"] for changed in ctx.triggered):
        raise PreventUpdate
    asked = Asked(model=pressed["model"], column=pressed["column"], place=pressed["place"])
    title = layout.name_of(asked["column"], asked["place"])
    try:
        return True, title, _explanation(user_api.current(), asked)
    except (ApiRefusalError, ApiUnavailableError) as error:
        return True, title, trouble(error)


def close_behind(_pathname: str, _search: str) -> bool:
    """Following a link in the drawer closes it."""
    return False


def parts_of(api: UserApi, asked: Asked) -> list[Part]:
    """What the number was made from; empty where its model's inputs say all there is."""
    model, place = asked["model"], asked["place"]
    if model == WHOLE:
        return _parts_of_the_whole(api, asked["column"])
    if model == WINDOWS:
        return _parts_of_a_window(api, place)
    if model == TICKERS:
        rows = api.tickers()
        of_every_ticker = place == EVERY_TICKER
        return breakdown.of_column(rows, asked["column"]) if of_every_ticker else breakdown.of_ticker(rows, place)
    if model == REGIMES:
        return breakdown.of_regimes(api.regimes(), "")
    return breakdown.of_regimes(api.regimes_by_ticker(), place) if model == TICKER_REGIMES else []


def _parts_of_the_whole(api: UserApi, column: str) -> list[Part]:
    if column == "cash":
        names = {account["account_id"]: account["name"] for account in api.accounts()}
        return breakdown.of_cash(api.cash(), names)
    if column not in breakdown.SUMS:
        return _parts_of_a_window(api, "all")
    rows = api.tickers()
    of_tickers = breakdown.of_tickers(rows, column, api.account()["cost_basis_method"])
    return of_tickers + breakdown.of_no_ticker(api.performance(), rows, column)


def _parts_of_a_window(api: UserApi, name: str) -> list[Part]:
    window = api.window(name)
    return breakdown.of_window(window) if window else []


def returns_beside(api: UserApi, asked: Asked) -> Performance | WindowPerformance | None:
    """The row with the three returns, for the requested window or the whole history."""
    if asked["model"] == WINDOWS:
        return api.window(asked["place"])
    return api.performance() if asked["model"] == WHOLE else None


def _explanation(api: UserApi, asked: Asked) -> list[ComponentSingleType]:
    known = {(figure["model"], figure["column"]): figure for figure in api.figures()}
    figure = known.get((asked["model"], asked["column"]))
    return [
        layout.formula(figure),
        *layout.three_returns(returns_beside(api, asked), asked["column"]),
        *layout.made_from(parts_of(api, asked)),
        *layout.provenance(asked["model"], asked["column"], figure, api.status(), datetime.now(UTC).date()),
    ]
