"""Alerts the webhook, once, about tickers and series without new data: delisted, renamed, discontinued."""

import logging
import os
from datetime import date
from typing import Any, NamedTuple

import httpx
import psycopg
from psycopg.rows import class_row

from dags import database
from dags.failures import WEBHOOK_SECONDS

logger = logging.getLogger(__name__)

# Silences not yet reported; they are marked in the same transaction that reports them.
NOTE = """
    with silences as (
        select kind, subject, last_day, usual_interval_days from "default".fct_silences where is_silent
    ),
    noted as (
        insert into bronze.told_silences (kind, subject, last_day)
        select kind, subject, last_day from silences
        on conflict do nothing
        returning kind, subject, last_day
    )
    select silences.* from silences inner join noted using (kind, subject, last_day) order by kind desc, subject
"""
EXPLANATIONS = {
    "prices": "It may be delisted or renamed: sell it, or record its trades under the new ticker.",
    "macro": "It may be discontinued; figures that need it end there.",
}


class Silence(NamedTuple):
    """A ticker or series without new data for too long."""

    kind: str
    subject: str
    last_day: date
    usual_interval_days: int | None

    def __str__(self) -> str:
        days = self.usual_interval_days
        usual = "" if days is None else " (usually every day)" if days == 1 else f" (usually every {days} days)"
        return f"{self.subject}: nothing new since {self.last_day}{usual}. {EXPLANATIONS[self.kind]}"


def tell_new_silences() -> str:
    """Report new silences in one message; without a webhook, mark nothing."""
    address = os.environ.get("ALERT_WEBHOOK_URL")
    if not address:
        return "No webhook is set; the Data page lists what has no new data."
    with psycopg.connect(**database.address(), row_factory=class_row(Silence)) as connection:
        silences = connection.execute(NOTE).fetchall()
        if silences:
            _post(address, silences)
    return f"New silences reported: {len(silences)}."


def _post(address: str, silences: list[Silence]) -> None:
    """Raise if the webhook rejects it: nothing is marked then, and the task retries."""
    rows: list[dict[str, Any]] = [silence._asdict() | {"last_day": str(silence.last_day)} for silence in silences]
    body = {"text": "\n".join(map(str, silences)), "silences": rows}
    httpx.post(address, json=body, timeout=WEBHOOK_SECONDS).raise_for_status()
