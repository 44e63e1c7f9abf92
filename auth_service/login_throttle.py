"""A growing wait between failed logins, kept in PostgreSQL so that it holds over workers and restarts.

Counted for the pair of account and address, so that a stranger elsewhere cannot lock the owner out, and, more
generously, for the address alone against one that tries many accounts, or registers to find out which there are.
Nobody is locked out for good, and a count is gone as soon as it no longer matters.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from psycopg import Connection

from auth_service.database import database
from auth_service.errors import TooManyAttemptsError

LONGEST_WAIT = 900  # seconds; after as long without an attempt the count starts anew


@dataclass(frozen=True)
class Subject:
    """Whose attempts are counted, and how many are free before waiting starts."""

    key: str
    free_attempts: int
    starts_anew: bool  # after a success; else the success only takes its own attempt back


# An attempt counts as failed before the password is looked at: parallel guesses cannot overtake the counter.
COUNT_ATTEMPT = """
insert into public.login_failures as counted (subject, failures, last_failed_at) values (%(key)s, 1, clock_timestamp())
on conflict (subject) do update
set
    failures = case
        when clock_timestamp() - counted.last_failed_at > make_interval(secs => %(longest)s) then 1
        else counted.failures + 1
    end,
    last_failed_at = clock_timestamp()
where counted.failures < %(free)s
    or clock_timestamp() - counted.last_failed_at
    >= make_interval(secs => least(power(2, least(counted.failures - %(free)s, 20)), %(longest)s))
returning failures
"""

REMAINING_WAIT = """
select extract(epoch from last_failed_at - clock_timestamp())::float8
    + least(power(2, least(failures - %(free)s, 20)), %(longest)s) as seconds
from public.login_failures
where subject = %(key)s
"""

FORGET_ALL = "delete from public.login_failures where subject = %s"
FORGET_ONE = "update public.login_failures set failures = greatest(failures - 1, 0) where subject = %s"

# In a transaction of its own, and past what others hold: it waits for nobody.
SWEEP = """
delete from public.login_failures where subject in (
    select subject from public.login_failures
    where last_failed_at < clock_timestamp() - make_interval(secs => %s)
    for update skip locked
)
"""


def of_login(email: str, address: str) -> tuple[Subject, ...]:
    """The counters that a password touches: account and address, and the address alone."""
    return Subject(_key("pair", email, address), 5, starts_anew=True), *of_registration(address)


def of_registration(address: str) -> tuple[Subject, ...]:
    """The counter that a registration touches: a refused one tells that an account exists."""
    return (Subject(_key("address", address), 100, starts_anew=False),)


def count_attempt(counted: tuple[Subject, ...]) -> None:
    """Count an attempt before it is made.

    Raises:
        TooManyAttemptsError: The wait is not over; carries the seconds that remain.

    """
    wait = None
    with database().transaction() as connection:
        connection.execute(SWEEP, [LONGEST_WAIT])
    with database().transaction() as connection:
        for subject in counted:
            values = {"key": subject.key, "free": subject.free_attempts, "longest": LONGEST_WAIT}
            if connection.execute(COUNT_ATTEMPT, values).fetchone() is None:
                wait = _remaining_wait(connection, values)
                break  # nothing is tried, so there is nothing to count for the next
    if wait is not None:
        seconds = max(1, round(wait))
        raise TooManyAttemptsError(f"Too many failed attempts. Wait {seconds} s, then try again.", retry_after=seconds)


def forget_attempt(counted: tuple[Subject, ...]) -> None:
    """The attempt succeeded: the account's count starts anew, the address gets its attempt back."""
    with database().transaction() as connection:
        for subject in counted:
            connection.execute(FORGET_ALL if subject.starts_anew else FORGET_ONE, [subject.key])


def _remaining_wait(connection: Connection[dict[str, Any]], values: dict[str, Any]) -> float:
    row = connection.execute(REMAINING_WAIT, values).fetchone()
    return float(row["seconds"]) if row else 1.0


def _key(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
