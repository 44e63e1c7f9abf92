"""How often each service died, when that is too often, and how it is said.

Nothing here talks to supervisord: scripts/launcher/death_watch.py does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from scripts.launcher.home import Home

LIMIT = 5
WINDOW_MINUTES = 10
FILE = "deaths.json"
# supervisord's names for what it tells: a process ended; it ended within two seconds of its start; it did so until
# supervisord had no tries left.
DIED, DIED_AT_ONCE, TRIED_IN_VAIN = "PROCESS_STATE_EXITED", "PROCESS_STATE_BACKOFF", "PROCESS_STATE_FATAL"
DATABASE = "postgres"


@dataclass(frozen=True)
class Ending:
    """A process that ended although nobody had asked it to.

    Args:
        event: DIED, DIED_AT_ONCE or TRIED_IN_VAIN.
        clean: True when its exit code was 0.
        database_away: True when the database didn't run either.
        database_given_up: True when nothing starts the database again.

    """

    service: str
    event: str
    clean: bool = False
    database_away: bool = False
    database_given_up: bool = False

    @property
    def excuse(self) -> str:
        """Why this death is not the service's own fault, or "" when it counts against it."""
        if self.service == DATABASE and self.event == DIED_AT_ONCE:
            # PostgreSQL guards its files: until the last query of a killed server has ended, every new server ends at
            # once. supervisord's own tries last for some minutes.
            return "a query of the killed server may have to end first"
        if self.service != DATABASE and self.database_away:
            return "PostgreSQL is away"
        return ""


@dataclass(frozen=True)
class Deaths:
    """What is known of one service since the stack was started.

    Args:
        total: How often it died.
        recent: When it died in a way that counts, in seconds since the epoch; the last WINDOW_MINUTES only.
        given_up: The sentence which says that it is not started again, or "" while it is.

    """

    total: int = 0
    recent: tuple[float, ...] = ()
    given_up: str = ""

    def after(self, ending: Ending, now: float) -> "Deaths":
        """What is known once `ending` is; giving up is left to the caller."""
        if ending.event == TRIED_IN_VAIN:  # it died before: each of these deaths has been counted
            return self
        recent = tuple(moment for moment in self.recent if now - moment < WINDOW_MINUTES * 60)
        return Deaths(self.total + 1, recent if ending.excuse else (*recent, now))

    def are_too_many_with(self, ending: Ending) -> bool:
        """True when the service should not be started again; `ending` is the last of these deaths."""
        return ending.event == TRIED_IN_VAIN or len(self.recent) >= LIMIT or ending.database_given_up

    def and_given_up(self, sentence: str) -> "Deaths":
        return replace(self, given_up=sentence)


def sentence(ending: Ending, deaths: Deaths, log: Path) -> str:
    """What happened, what comes of it and where to read more; `ending` is the last of `deaths`."""
    how = "it ended with exit code 0, but nobody had stopped it" if ending.clean else "it was killed, or it failed"
    if ending.event != DIED:
        how = "it ended soon after its start"
    death = f"death {len(deaths.recent) or deaths.total}"
    if deaths.are_too_many_with(ending):
        count = f"this was {death} in {WINDOW_MINUTES} minutes"
        why = "PostgreSQL was given up before" if ending.database_given_up else count
        return (
            f"{ending.service} died ({how}) and is given up: {why}, and nothing starts it again by itself. "
            f"Its log says why: {log}. Once the cause is gone, run make down, then make demo or make up."
        )
    count = f"{death} of at most {LIMIT} in {WINDOW_MINUTES} minutes"
    if ending.excuse:
        count = f"not counted, as {ending.excuse}"
    return f"{ending.service} died ({how}) and is started again: {count}. Its log: {log}"


def known_deaths(home: Home) -> dict[str, Deaths]:
    """What is known by service; one that never died is not in it."""
    return {
        service: Deaths(known["total"], tuple(known["recent"]), known["given_up"])
        for service, known in home.remembered(FILE).items()
    }


def remember_deaths(home: Home, deaths: Mapping[str, Deaths]) -> None:
    home.remember(FILE, {service: asdict(known) for service, known in deaths.items()})
