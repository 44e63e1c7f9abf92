"""Reports which service died, and gives up one that keeps dying: supervisord's event listener.

supervisord starts `python -m scripts.launcher.death_watch` with the stack, sends it each event on standard input and
expects an answer on standard output; standard error goes to logs/supervision.log.
"""

import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import TextIO

from supervisor import childutils

from scripts.launcher.deaths import DATABASE, DIED, Deaths, Ending, known_deaths, remember_deaths, sentence
from scripts.launcher.home import Home
from scripts.launcher.supervision import Supervisor, end_group

STOPPING = "SUPERVISOR_STATE_CHANGE_STOPPING"


class DeathWatch:
    """Counts the deaths of the services that `supervisor` keeps running."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.home = supervisor.home

    def see(self, event: str, payload: str) -> None:
        """End what the dead process left behind, count the death and log it."""
        now = time.time()
        told = childutils.get_headers(payload)
        if event == DIED:
            end_group(self.home, int(told["pid"]))
        deaths = known_deaths(self.home)
        ending = self._ending(event, told, deaths)
        known = deaths.get(ending.service, Deaths()).after(ending, now)
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
        line = f"{moment} {sentence(ending, known, self.home.logs / f'{ending.service}.log')}"
        if known.are_too_many_with(ending):
            self.supervisor.stop_service(ending.service)
            known = known.and_given_up(line)
        remember_deaths(self.home, deaths | {ending.service: known})
        print(line, file=sys.stderr)

    def _ending(self, event: str, told: Mapping[str, str], deaths: Mapping[str, Deaths]) -> Ending:
        service = told["processname"]
        away = service != DATABASE and self.supervisor.states().get(DATABASE, "RUNNING") != "RUNNING"
        return Ending(
            service,
            event,
            clean=told.get("expected") == "1",
            database_away=away,
            database_given_up=away and bool(deaths.get(DATABASE, Deaths()).given_up),
        )


def events(source: TextIO, answers: TextIO) -> Iterator[tuple[str, str]]:
    """Name and payload of each event; an event is answered when the next is requested. Ends when supervisord does."""
    while True:
        childutils.listener.ready(answers)
        line = source.readline()
        if not line:
            return
        headers = childutils.get_headers(line)
        yield headers["eventname"], source.read(int(headers["len"]))
        childutils.listener.ok(answers)


def follow(watch: DeathWatch, source: TextIO, answers: TextIO) -> None:
    """Watch until the stack stops or supervisord is gone."""
    for event, payload in events(source, answers):
        if event == STOPPING:  # from now on, every process is meant to end
            return
        try:
            watch.see(event, payload)
        except Exception:  # noqa: BLE001  # whatever this event was, the next one must be seen
            traceback.print_exc()


if __name__ == "__main__":
    follow(DeathWatch(Supervisor(Home.from_environment())), sys.stdin, sys.stdout)
