"""What Airflow's processes do differently from what they do by themselves (dags/config/airflow_local_settings.py)."""

import asyncio
import runpy
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from airflow.jobs import triggerer_job_runner
from airflow.triggers.base import BaseTrigger, TriggerEvent

from tests.dags.conftest import ROOT

LONG = 120.0


class OneEvent(BaseTrigger):
    """Notices something, and then waits for more."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "tests.dags.test_preparation.OneEvent", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        yield TriggerEvent("noticed")  # type: ignore[no-untyped-call]  # Airflow has no types here
        await asyncio.Event().wait()


def test_what_a_trigger_notices_leaves_the_triggerer_without_its_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggerer_job_runner, "TriggerRunner", triggerer_job_runner.TriggerRunner)  # put back later
    monkeypatch.setattr(sys, "argv", ["airflow", "triggerer"])
    runpy.run_path(str(ROOT / "dags" / "config" / "airflow_local_settings.py"))

    async def first_message() -> Any:
        runner: Any = triggerer_job_runner.TriggerRunner()  # type: ignore[no-untyped-call]
        sent: asyncio.Queue[Any] = asyncio.Queue()
        runner.asend = sent.put
        runner.triggers = {1: {"name": "a trigger", "events": 0}}
        trigger = OneEvent()  # type: ignore[no-untyped-call]
        at_work = asyncio.create_task(runner.run_trigger(1, trigger))
        message = await asyncio.wait_for(sent.get(), LONG)
        at_work.cancel()
        return message

    message = asyncio.run(first_message())

    assert [(entry.trigger_id, entry.event.payload) for entry in message.events] == [(1, "noticed")]
