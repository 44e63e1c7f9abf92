"""How often each service died, when that is too often, and the message about it.

Nothing here talks to supervisord: scripts/launcher/death_watch.py does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from scripts.launcher.home import Home

LIMIT = 5
WINDOW_MINUTES = 10
FILE = "deaths.json"
# supervisord's event names: a process ended; it ended within two seconds of its start; it did so until supervisord had
# no tries left.
DIED, DIED_AT_ONCE, TRIED_IN_VAIN = "PROCESS_STATE_EXITED", "PROCESS_STATE_BACKOFF", "PROCESS_STATE_FATAL"
DATABASE = "postgres"


@dataclass(frozen=True)
class Ending:
    """A process that ended without being told to.

    Args:
        event: DIED, DIED_AT_ONCE or TRIED_IN_VAIN.
        clean: True when its exit code was 0.
        database_away: True when the database wasn't running either.
        database_given_up: True when nothing restarts the database.

    """

    service: str
    event: str
    clean: bool = False
    database_away: bool = False
    database_given_up: bool = False

    @property
    def excuse(self) -> str:
        """Why this death isn't the service's fault, or "" when it counts against it."""
        if self.service == DATABASE and self.event == DIED_AT_ONCE:
            # PostgreSQL guards its files: every new server ends at once until the last query of a killed server has
            # ended. supervisord's own tries last for some minutes.
            return "a query of the killed server may still be running"
        if self.service != DATABASE and self.database_away:
            return "PostgreSQL is down"
        return ""


@dataclass(frozen=True)
class Deaths:
    """What is known about one service since the stack started.

    Args:
        total: How often it died.
        recent: When it died in a way that counts, in seconds since the epoch; only the last WINDOW_MINUTES.
        given_up: The sentence saying that it is not restarted, or "" while it is.

    """

    total: int = 0
    recent: tuple[float, ...] = ()
    given_up: str = ""

    def after(self, ending: Ending, now: float) -> "Deaths":
        """The record after `ending`; the caller decides about giving up."""
        if ending.event == TRIED_IN_VAIN:  # each of these deaths has been counted already
            return self
        recent = tuple(moment for moment in self.recent if now - moment < WINDOW_MINUTES * 60)
        return Deaths(self.total + 1, recent if ending.excuse else (*recent, now))

    def are_too_many_with(self, ending: Ending) -> bool:
        """True when the service should not be restarted; `ending` is its latest death."""
        return ending.event == TRIED_IN_VAIN or len(self.recent) >= LIMIT or ending.database_given_up

    def and_given_up(self, sentence: str) -> "Deaths":
        return replace(self, given_up=sentence)


def sentence(ending: Ending, deaths: Deaths, log: Path) -> str:
    """What happened, what happens next and where to read more; `ending` is the latest of `deaths`."""
    how = "exit code 0, but nobody had stopped it" if ending.clean else "killed or failed"
    if ending.event != DIED:
        how = "ended soon after its start"
    death = f"death {len(deaths.recent) or deaths.total}"
    if deaths.are_too_many_with(ending):
        count = f"this was {death} in {WINDOW_MINUTES} minutes"
        why = "PostgreSQL was given up first" if ending.database_given_up else count
        return (
            f"{ending.service} died ({how}) and was given up: {why}. It will not restart by itself. "
            f"Its log says why: {log}. Fix the cause, then run make down and make demo or make up."
        )
    count = f"{death} of at most {LIMIT} in {WINDOW_MINUTES} minutes"
    if ending.excuse:
        count = f"not counted, because {ending.excuse}"
    return f"{ending.service} died ({how}) and is restarting: {count}. Its log: {log}"


def known_deaths(home: Home) -> dict[str, Deaths]:
    """The record of each service that has died, by service."""
    return {
        service: Deaths(known["total"], tuple(known["recent"]), known["given_up"])
        for service, known in home.remembered(FILE).items()
    }


def remember_deaths(home: Home, deaths: Mapping[str, Deaths]) -> None:
    home.remember(FILE, {service: asdict(known) for service, known in deaths.items()})
