"""When a service that keeps dying is given up, and what is said."""

from pathlib import Path

import pytest

from scripts.launcher.deaths import (
    DIED,
    DIED_AT_ONCE,
    TRIED_IN_VAIN,
    Deaths,
    Ending,
    known_deaths,
    remember_deaths,
    sentence,
)
from scripts.launcher.home import PORTS, Home

API_DIED = Ending("api", DIED)
LOG = Path("/logs/api.log")


def deaths_of(ending: Ending, *moments: float) -> Deaths:
    deaths = Deaths()
    for moment in moments:
        deaths = deaths.after(ending, moment)
    return deaths


def test_four_deaths_in_ten_minutes_are_put_up_with() -> None:
    deaths = deaths_of(API_DIED, 0, 1, 2, 599)

    assert not deaths.are_too_many_with(API_DIED)
    assert sentence(API_DIED, deaths, LOG) == (
        "api died (killed or failed) and is restarting: death 4 of at most 5 in 10 minutes. Its log: /logs/api.log"
    )


def test_the_fifth_death_in_ten_minutes_is_one_too_many() -> None:
    deaths = deaths_of(API_DIED, 0, 1, 2, 3, 599)

    assert deaths.are_too_many_with(API_DIED)
    assert sentence(API_DIED, deaths, LOG) == (
        "api died (killed or failed) and was given up: this was death 5 in 10 minutes. It will not restart "
        "by itself. Its log says why: /logs/api.log. Fix the cause, then run make down and make demo or "
        "make up."
    )


def test_deaths_of_more_than_ten_minutes_ago_are_forgiven_but_not_forgotten() -> None:
    deaths = deaths_of(API_DIED, 0, 1, 2, 3, 600)

    assert not deaths.are_too_many_with(API_DIED)
    assert (deaths.total, deaths.recent) == (5, (1, 2, 3, 600))


def test_it_counts_how_a_service_died_only_for_what_is_said() -> None:
    endings = [API_DIED, Ending("api", DIED, clean=True), Ending("api", DIED_AT_ONCE)]
    deaths = Deaths()
    for moment, ending in enumerate(endings):
        deaths = deaths.after(ending, moment)

    assert len(deaths.recent) == 3
    assert [sentence(ending, deaths, LOG).partition(" and is")[0] for ending in endings] == [
        "api died (killed or failed)",
        "api died (exit code 0, but nobody had stopped it)",
        "api died (ended soon after its start)",
    ]


def test_a_database_that_cannot_start_yet_is_tried_until_supervisord_gives_up() -> None:
    at_once = Ending("postgres", DIED_AT_ONCE)
    deaths = deaths_of(at_once, *range(21))

    assert not deaths.are_too_many_with(at_once)
    assert "not counted, because a query of the killed server may still be running" in sentence(at_once, deaths, LOG)
    in_vain = Ending("postgres", TRIED_IN_VAIN)
    assert deaths.after(in_vain, 30) == deaths
    assert deaths.are_too_many_with(in_vain)
    assert "was given up: this was death 21 in 10 minutes" in sentence(in_vain, deaths, LOG)


def test_a_database_that_keeps_dying_is_given_up_like_any_other() -> None:
    died = Ending("postgres", DIED)

    assert deaths_of(died, *range(5)).are_too_many_with(died)


def test_a_service_is_not_blamed_for_a_database_that_is_away() -> None:
    ending = Ending("api", DIED, database_away=True)
    deaths = deaths_of(ending, *range(9))

    assert deaths == Deaths(9)
    assert not deaths.are_too_many_with(ending)
    assert "is restarting: not counted, because PostgreSQL is down." in sentence(ending, deaths, LOG)


def test_without_hope_for_the_database_a_service_that_dies_is_given_up_too() -> None:
    ending = Ending("api", DIED, database_away=True, database_given_up=True)
    deaths = deaths_of(ending, 0)

    assert deaths.are_too_many_with(ending)
    assert "was given up: PostgreSQL was given up first. It will not restart" in sentence(ending, deaths, LOG)


def test_a_service_that_is_started_again_is_not_given_up_any_more() -> None:
    assert Deaths(5, (0,), "given up").after(API_DIED, 700) == Deaths(6, (700,))


@pytest.mark.parametrize("known", [{}, {"api": Deaths(6, (1.5, 2.5), "given up"), "dashboard": Deaths(1)}])
def test_what_is_known_outlives_the_process_that_counted(tmp_path: Path, known: dict[str, Deaths]) -> None:
    home = Home(tmp_path, PORTS)
    remember_deaths(home, known)

    assert known_deaths(home) == known
