"""What the trigger fires for: each change of the ledger at once, and many in a row now and then."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest

from dags.ledger_watch import LedgerTrigger
from tests.support.platform import Platform

ADD_TRADES = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
select gen_random_uuid(), 1, %s, 'VTI', 'BUY', 1, 100, 'USD', '2024-01-02' from generate_series(1, %s)
"""
NEWEST = "select max(change_id) from bronze.pending_changes"
LONG = 120.0


class Watched:
    """A ledger with a trigger at work, and what it has fired: when, and the change that it named."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.events: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
        self.fired: list[tuple[float, int]] = []

    def record(self, count: int) -> int:
        """Record so many trades by one statement; the change that it made."""
        self.connection.execute(ADD_TRADES, [uuid4(), count])
        return int((self.connection.execute(NEWEST).fetchone() or (0,))[0])

    async def collect(self, trigger: LedgerTrigger) -> None:
        async for event in trigger.run():
            self.events.put_nowait((time.monotonic(), event.payload["change_id"]))

    async def told(self, change: int) -> None:
        """Return when the change was fired for."""
        while not self.fired or self.fired[-1][1] != change:
            self.fired.append(await asyncio.wait_for(self.events.get(), LONG))


@pytest.fixture(autouse=True)
def _environment(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)


@asynccontextmanager
async def watched(platform: Platform, pause: float) -> AsyncIterator[Watched]:
    """A trigger that listens already: a change made before has been told."""
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute("delete from bronze.pending_changes")
        ledger = Watched(connection)
        first = ledger.record(1)
        task = asyncio.create_task(ledger.collect(LedgerTrigger(patience=LONG, pause=pause)))
        try:
            await ledger.told(first)
            ledger.fired.clear()
            yield ledger
        finally:
            task.cancel()


def test_an_import_is_one_event_however_many_rows_and_statements_it_has(platform: Platform) -> None:
    async def scenario() -> None:
        async with watched(platform, pause=0.1) as ledger:
            with ledger.connection.transaction():
                ledger.record(600)
                imported = ledger.record(400)
            await ledger.told(imported)
            sentinel = ledger.record(1)
            await ledger.told(sentinel)
            assert [change for _, change in ledger.fired] == [imported, sentinel]

    asyncio.run(scenario())


def test_a_burst_of_single_trades_is_told_now_and_then_and_to_its_last(platform: Platform) -> None:
    pause = 0.5

    async def scenario() -> None:
        async with watched(platform, pause) as ledger:
            for _ in range(40):
                last = await asyncio.to_thread(ledger.record, 1)
            await ledger.told(last)
            times = [when for when, _ in ledger.fired]
            assert all(after - before >= pause for before, after in pairwise(times))

    asyncio.run(scenario())
