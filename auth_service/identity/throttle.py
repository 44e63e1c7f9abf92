"""A growing wait between failed logins, kept in PostgreSQL so that it applies across workers and restarts.

Failures count per account and address, so that a stranger elsewhere can't lock the owner out, and more generously per
address, against one that tries many accounts. Registrations have their own count, whatever their outcome, and so have
unfinished sign-ins through a provider and unknown tickers. Nobody is locked out for good, and a count is deleted once
it no longer matters.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any
from uuid import UUID

from psycopg import Connection

from auth_service.database import Database
from auth_service.errors import TooManyAttemptsError

LONGEST_WAIT = 900  # seconds; after as long without an attempt the count starts over
ONE_SUBSCRIBER = 64  # bits of an IPv6 address that a provider assigns together: the rest is the subscriber's choice


@dataclass(frozen=True)
class Subject:
    """Whose attempts are counted, and how many are free before waiting starts."""

    key: str
    free_attempts: int
    starts_anew: bool  # after a success; otherwise a success only takes back its own attempt


# An attempt counts as failed before the password is checked, so parallel guesses can't overtake the counter.
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

# In its own transaction, and skipping locked rows: it waits for nobody.
SWEEP = """
delete from public.login_failures where subject in (
    select subject from public.login_failures
    where last_failed_at < clock_timestamp() - make_interval(secs => %s)
    for update skip locked
)
"""


def of_login(email: str, address: str) -> tuple[Subject, ...]:
    """The counters a password attempt uses: account and address, and the address alone."""
    return (
        Subject(_key("pair", email, _network(address)), 5, starts_anew=True),
        Subject(_key("address", _network(address)), 100, starts_anew=False),
    )


def of_registration(address: str) -> tuple[Subject, ...]:
    """The counters a registration uses: it costs as much as a login, and reveals or creates an account."""
    return (
        Subject(_key("registration", _network(address)), 100, starts_anew=False),
        Subject(_key("registrations"), 1000, starts_anew=False),
    )


def of_unknown_tickers(user_id: UUID) -> tuple[Subject, ...]:
    """The counter of tickers the provider does not know: each lookup costs a request."""
    return (Subject(_key("unknown tickers", str(user_id)), 1000, starts_anew=False),)


def of_sign_in_elsewhere(address: str) -> tuple[Subject, ...]:
    """The counter that starting a sign-in through a provider uses: it occupies a thread, and leaves a row."""
    return (Subject(_key("elsewhere", _network(address)), 100, starts_anew=False),)


@contextmanager
def attempt(
    database: Database, counted: tuple[Subject, ...], *, told_by: type[Exception] | tuple[type[Exception], ...]
) -> Iterator[None]:
    """Count the attempt in the block; it stays counted only if it fails with `told_by`, which reveals something.

    After a success the account's count starts over. Any other outcome, such as an unacceptable password or an
    unreachable database, gives the attempt back.

    Raises:
        TooManyAttemptsError: The wait is not over; carries the seconds left.

    """
    count_attempt(database, counted)
    try:
        yield
    except told_by:
        raise
    except Exception:
        give_back(database, counted)
        raise
    with database.transaction() as connection:
        for subject in counted:
            connection.execute(FORGET_ALL if subject.starts_anew else FORGET_ONE, [subject.key])


def count_attempt(database: Database, counted: tuple[Subject, ...]) -> None:
    """Count an attempt before it is made; one that has to wait is not made, so it is not counted.

    Raises:
        TooManyAttemptsError: The wait is not over; carries the seconds left.

    """
    with database.transaction() as connection:
        connection.execute(SWEEP, [LONGEST_WAIT])
    with database.transaction() as connection:
        for subject in counted:
            values = {"key": subject.key, "free": subject.free_attempts, "longest": LONGEST_WAIT}
            if connection.execute(COUNT_ATTEMPT, values).fetchone() is None:
                seconds = max(1, round(_remaining_wait(connection, values)))
                message = f"Too many attempts. Wait {seconds} s, then try again."
                raise TooManyAttemptsError(message, retry_after=seconds)


def give_back(database: Database, counted: tuple[Subject, ...]) -> None:
    """Uncount one attempt."""
    with database.transaction() as connection:
        for subject in counted:
            connection.execute(FORGET_ONE, [subject.key])


def _remaining_wait(connection: Connection[dict[str, Any]], values: dict[str, Any]) -> float:
    row = connection.execute(REMAINING_WAIT, values).fetchone()
    return float(row["seconds"]) if row else 1.0


def _network(address: str) -> str:
    """The network whose attempts count together: everybody has 2^64 IPv6 addresses, but one IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed), ONE_SUBSCRIBER), strict=False))


def _key(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
