"""Sessions: one row per login, covering all refresh tokens descended from it (a family)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg.rows import DictRow

from auth_service.config import ApiSettings
from auth_service.database import Database
from auth_service.errors import NotFoundError, UnauthorizedError

SIGN_IN = "You are not signed in. Sign in again."


@dataclass(frozen=True)
class Session:
    """The current generation of a family; `minted_at` is when it was created."""

    session_id: UUID
    user_id: UUID
    refresh_jti: UUID
    minted_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Lifetimes:
    """How long a family lives: `sliding` after its last refresh, at most `longest` after its login."""

    sliding: timedelta
    longest: timedelta
    grace: timedelta

    @classmethod
    def of(cls, settings: ApiSettings) -> "Lifetimes":
        """From the operator's settings."""
        return cls(settings.refresh_token_lifetime, settings.session_lifetime, settings.refresh_grace)


# Waits for a password change or an erasure in progress; the old password then opens nothing.
OPEN = """
insert into public.sessions (user_id, refresh_jti, expires_at)
select user_id, %(jti)s, now() + least(%(sliding)s, %(longest)s) from public.users
where user_id = %(user_id)s and password_hash is not distinct from %(password_hash)s
for share
returning session_id, user_id, refresh_jti, created_at as minted_at, expires_at
"""

LIVE = "select public.session_is_live(%(session_id)s, %(user_id)s) as is_live"

PRESENT = """
select
    session_id, user_id, refresh_jti, previous_refresh_jti, expires_at, coalesce(rotated_at, created_at) as minted_at,
    rotated_at is not null and now() - rotated_at <= %(grace)s as predecessor_is_honoured
from public.sessions
where session_id = %(session_id)s and revoked_at is null and least(expires_at, created_at + %(longest)s) > now()
for update
"""

ROTATE = """
update public.sessions
set
    previous_refresh_jti = refresh_jti,
    refresh_jti = %(jti)s,
    rotated_at = now(),
    expires_at = least(now() + %(sliding)s, created_at + %(longest)s)
where session_id = %(session_id)s
returning session_id, user_id, refresh_jti, rotated_at as minted_at, expires_at
"""

LIST = """
select session_id, created_at, coalesce(rotated_at, created_at) as last_refreshed_at, expires_at
from public.sessions
where user_id = %s and revoked_at is null and expires_at > now()
order by last_refreshed_at desc, session_id
"""

# If someone has very many sessions, keep those used last.
MOST_SESSIONS = 100
END_OLDEST = """
update public.sessions set revoked_at = now()
where session_id in (
    select session_id from public.sessions
    where user_id = %(user_id)s and revoked_at is null and expires_at > now()
    order by coalesce(rotated_at, created_at) desc
    offset %(most)s
)
"""

END = """
update public.sessions set revoked_at = now()
where user_id = %(user_id)s and session_id = %(session_id)s and revoked_at is null and expires_at > now()
"""


def open_session(database: Database, user_id: UUID, password_hash: str | None, lifetimes: Lifetimes) -> Session:
    """Start a family for a new login, and delete ended families on the way.

    Raises:
        UnauthorizedError: The account's hash has changed since the login began.

    """
    login = {"user_id": user_id, "password_hash": password_hash, "jti": uuid4()} | vars(lifetimes)
    with database.transaction(user_id) as connection:
        row = connection.execute(OPEN, login).fetchone()
        connection.execute("delete from public.sessions where user_id = %s and expires_at < now()", [user_id])
        connection.execute(END_OLDEST, {"user_id": user_id, "most": MOST_SESSIONS})
    return _session(row)


def require_live(database: Database, session_id: UUID, user_id: UUID) -> None:
    """Require that the family exists, is the user's, is not revoked and has not expired.

    Raises:
        UnauthorizedError: It has ended.

    """
    _refuse_unless_live(database.row(LIVE, {"session_id": session_id, "user_id": user_id}))


def row_while_live(
    database: Database, session_id: UUID, user_id: UUID, query: LiteralString, values: Mapping[str, Any]
) -> DictRow | None:
    """The query's first row for the user; checks in the same round trip that the family is live.

    Raises:
        UnauthorizedError: It has ended.

    """
    of_session = {"session_id": session_id, "user_id": user_id}
    found, row = database.rows([LIVE, query], {**values, **of_session}, user_id)
    _refuse_unless_live(found)
    return row


def live_sessions(database: Database, user_id: UUID) -> list[dict[str, Any]]:
    """The user's live families, last refreshed first."""
    with database.transaction(user_id) as connection:
        return connection.execute(LIST, [user_id]).fetchall()


def rotate(database: Database, user_id: UUID, session_id: UUID, presented: UUID, lifetimes: Lifetimes) -> Session:
    """The next generation, given the current refresh token.

    The direct predecessor is accepted for `lifetimes.grace` and gets the same successor, for answers lost in transit
    and clients that refresh in parallel. Anything older was stolen or kept: it ends the family.

    Raises:
        UnauthorizedError: The session has ended, or the token was used before; then every token of the family is dead.

    """
    values = {"session_id": session_id, "jti": uuid4()} | vars(lifetimes)
    with database.transaction(user_id) as connection:
        row = connection.execute(PRESENT, values).fetchone()
        if row is None:
            raise UnauthorizedError("This session has ended. Sign in again.")
        if presented == row["refresh_jti"]:
            return _session(connection.execute(ROTATE, values).fetchone())
        if presented == row["previous_refresh_jti"] and row["predecessor_is_honoured"]:
            return _session(row)
        connection.execute("update public.sessions set revoked_at = now() where session_id = %s", [session_id])
    raise UnauthorizedError("This refresh token was already used, so the session was ended. Sign in again.")


def revoke(database: Database, user_id: UUID, session_id: UUID) -> None:
    """End one family; its tokens are dead from the next request on."""
    with database.transaction(user_id) as connection:
        connection.execute("update public.sessions set revoked_at = now() where session_id = %s", [session_id])


def end(database: Database, user_id: UUID, session_id: UUID) -> None:
    """End one of the user's live families.

    Raises:
        NotFoundError: The user has no such family.

    """
    with database.transaction(user_id) as connection:
        done = connection.execute(END, {"user_id": user_id, "session_id": session_id})
    if done.rowcount == 0:
        raise NotFoundError("Session not found, or already ended.")


def revoke_all(database: Database, user_id: UUID) -> None:
    """End all of the user's families."""
    with database.transaction(user_id) as connection:
        connection.execute("update public.sessions set revoked_at = now() where user_id = %s", [user_id])


def _refuse_unless_live(found: DictRow | None) -> None:
    if found is None or not found["is_live"]:
        raise UnauthorizedError(SIGN_IN)


def _session(row: dict[str, Any] | None) -> Session:
    if row is None:
        raise UnauthorizedError("This session no longer exists. Sign in again.")
    return Session(row["session_id"], row["user_id"], row["refresh_jti"], row["minted_at"], row["expires_at"])
