"""Tells the webhook, once, of tickers and series that have fallen silent: delisted, renamed, discontinued."""

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

# What has not been told of; that is noted in the transaction in which it is told.
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
    "macro": "It may be discontinued: figures that need it end there.",
}


class Silence(NamedTuple):
    """A ticker or series that has said nothing new for too long."""

    kind: str
    subject: str
    last_day: date
    usual_interval_days: int | None

    def __str__(self) -> str:
        days = self.usual_interval_days
        usual = "" if days is None else " (usually every day)" if days == 1 else f" (usually every {days} days)"
        return f"{self.subject}: nothing new since {self.last_day}{usual}. {EXPLANATIONS[self.kind]}"


def tell_new_silences() -> str:
    """Tell of what has fallen silent since the last time, in one message; without a webhook nothing is noted."""
    address = os.environ.get("ALERT_WEBHOOK_URL")
    if not address:
        return "There is no webhook; the data page shows what has fallen silent."
    with psycopg.connect(**database.address(), row_factory=class_row(Silence)) as connection:
        silences = connection.execute(NOTE).fetchall()
        if silences:
            _post(address, silences)
    return f"Told of {len(silences)} that have fallen silent."


def _post(address: str, silences: list[Silence]) -> None:
    """Raises when the webhook does not take it: then nothing is noted, and the task tries again."""
    rows: list[dict[str, Any]] = [silence._asdict() | {"last_day": str(silence.last_day)} for silence in silences]
    body = {"text": "\n".join(map(str, silences)), "silences": rows}
    httpx.post(address, json=body, timeout=WEBHOOK_SECONDS).raise_for_status()
