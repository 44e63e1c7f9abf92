"""The asset `bronze.transactions`, and the trigger that notices when the ledger is ahead of the marts.

PostgreSQL's notification is only a wake-up. What counts is whether bronze.pending_changes holds a change of any user. A
change leaves the table once the marts contain it, so lost, repeated or early notifications do no harm.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from airflow.sdk import Asset, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from dags import database

# Price changes have no user: the DAG that fetched them processes them.
LOOK = "select max(change_id) from bronze.pending_changes where user_id is not null and not is_wide"


class LedgerTrigger(BaseEventTrigger):
    """Fires when a user's transactions or settings have changed and the marts don't show the change yet.

    Args:
        patience: Seconds without a notification before it checks for itself, and fires again for what a failed run left
            behind.
        pause: Seconds between two events in a burst of changes. The first fires at once, and a run processes everything
            recorded before it.

    """

    def __init__(self, patience: float = 60.0, pause: float = 1.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow has no types here
        self.patience = patience
        self.pause = pause

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "dags.ledger_watch.LedgerTrigger", {"patience": self.patience, "pause": self.pause}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            try:
                async with await _connect() as connection:
                    await connection.execute("listen transactions")
                    async for change in self._unseen(connection):
                        yield TriggerEvent({"change_id": change})  # type: ignore[no-untyped-call]
            except psycopg.OperationalError as error:
                self.log.warning("PostgreSQL does not answer; watching the ledger again in 1 s: %s", error)
                await asyncio.sleep(1)

    async def _unseen(self, connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[int]:
        fired_for, woken = None, False
        while True:
            (newest,) = await (await connection.execute(LOOK)).fetchone() or (None,)
            followed = False
            if newest is not None and (newest != fired_for or not woken):
                fired_for = newest
                yield newest
                followed = bool([note async for note in connection.notifies(timeout=self.pause)])
            woken = followed or bool([note async for note in connection.notifies(timeout=self.patience, stop_after=1)])


async def _connect() -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(
        **database.address(), autocommit=True, application_name="ledger watch", keepalives_idle=30
    )


LEDGER = Asset("bronze.transactions", watchers=[AssetWatcher(name="ledger_watch", trigger=LedgerTrigger())])
