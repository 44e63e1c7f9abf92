"""The progress of a ledger change: recorded, prices, models, in your portfolio."""

from dataclasses import dataclass
from typing import Literal, TypedDict

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from dashboard.api.payloads import FetchOutcome, PortfolioStatus
from dashboard.ui import refresh_failures

State = Literal["done", "in progress", "failed", "pending"]
COLOURS = {"failed": "red"}


@dataclass(frozen=True)
class Step:
    """One of the steps of a change into the portfolio: its name, where it is, and a few words on that."""

    label: str
    state: State
    description: str


class Journey(TypedDict):
    """A change on its way, in the store `ledger-journey`."""

    what: str
    tickers: list[str]
    arrived: bool


def journey(what: str, ticker: str | None = None) -> Journey:
    """A change that has been recorded and is followed from here on: what it was, and whose prices it needs."""
    return {"what": what, "tickers": [ticker] if ticker else [], "arrived": False}


def steps(status: PortfolioStatus, tickers: list[str]) -> list[Step]:
    """How far the change is. The API records nothing before a ticker's history is loaded, and says exactly whether the
    models hold everything; prices that fail later only make figures older.
    """
    failed = {row["ticker"]: row["outcome"] for row in status["failed_prices"] if row["ticker"] in tickers}
    arrived = status["up_to_date"]
    models = status["failed_models"]
    return [
        Step("Recorded", "done", "saved in your ledger"),
        Step("Prices", "failed" if failed else "done", _prices(failed)),
        Step("Models", "done" if arrived else "failed" if models else "in progress", _models(status)),
        Step("In your portfolio", "done" if arrived else "pending", "included in every figure" if arrived else ""),
    ]


def has_arrived(status: PortfolioStatus) -> bool:
    """Whether every figure holds the change."""
    return status["up_to_date"]


def shown(what: str, found: list[Step]) -> dmc.Paper:
    """The steps, and a sentence for those who can't see them."""
    arrived = found[-1].state == "done"
    now = next((step for step in found if step.state in {"in progress", "failed"} and not arrived), found[-1])
    spoken: list[str | dcc.Link] = [
        f"{what}: ",
        f"{now.label.lower()}, {now.state}." if not arrived else "in your portfolio. ",
    ]
    if arrived:
        spoken.append(dcc.Link("See it in your analytics", href="/"))
    return dmc.Paper(
        [
            html.P(spoken, role="status"),
            dmc.Stepper(
                [_step(step) for step in found],
                active=len(found) if arrived else found.index(now),
                size="xs",
                mt="sm",
                allowNextStepsSelect=False,
            ),
        ],
        withBorder=True,
        p="md",
        className="journey",
    )


def _step(step: Step) -> dmc.StepperStep:
    return dmc.StepperStep(
        label=step.label,
        description=step.description,
        loading=step.state == "in progress",
        color=COLOURS.get(step.state),
        allowStepSelect=False,
    )


def _prices(failed: dict[str, FetchOutcome]) -> str:
    if not failed:
        return "stored"
    return "; ".join(f"{ticker}: {refresh_failures.OUTCOMES[outcome]}" for ticker, outcome in failed.items())


def _models(status: PortfolioStatus) -> str:
    if status["up_to_date"]:
        return "computed"
    if status["failed_models"]:
        names = ", ".join(failure["model"] for failure in status["failed_models"])
        return f"{names} failed and will be retried"
    return "computing"
