"""Personal access tokens: for scripts, named, read-only or read-write, and shown once.

A token is a long random number, so only its SHA-256 is stored. It ends with a checksum, so that invalid tokens are
rejected without asking the database.
"""

import re
import secrets
from binascii import crc32
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from auth_service.database import Database, type_of_connection
from auth_service.errors import ConflictError, NotFoundError, UnauthorizedError
from auth_service.identity.schemas import NewPersonalToken

PREFIX = "mfpat_"
FORM = re.compile(rf"{PREFIX}([0-9a-f]{{48}})([0-9a-f]{{8}})")
MOST = 50  # per user
# Record a use at most this often: a script's requests should not each cost a write.
USE_NOTED_EVERY = timedelta(hours=1)

COLUMNS = SQL("token_id, name, scope, created_at, expires_at, last_used_at")

ADD = SQL("""
insert into public.personal_tokens (user_id, name, scope, token_hash, expires_at)
select user_id, %(name)s, %(scope)s, %(token_hash)s, now() + make_interval(days => %(expires_in_days)s)
from public.sessions
where session_id = %(session_id)s and revoked_at is null
returning {columns}
""").format(columns=COLUMNS)

LIST = SQL("""
select {columns} from public.personal_tokens
where user_id = %s and (expires_at is null or expires_at > now())
order by created_at desc, token_id
""").format(columns=COLUMNS)

PRESENTED = """
select token_id, user_id, scope, last_used_at is null or last_used_at < now() - %s as use_is_news
from public.personal_token(%s)
where expires_at is null or expires_at > now()
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class PersonalToken:
    """What a presented token allows."""

    token_id: UUID
    user_id: UUID
    may_write: bool


def add(database: Database, user_id: UUID, session_id: UUID, wanted: NewPersonalToken) -> Row:
    """Create a token; its row, with the token itself under `token`, which nobody can read again.

    Raises:
        ConflictError: The user has reached the limit.
        UnauthorizedError: The session or the account has ended since the request began.

    """
    token = _new_token()
    values = wanted.model_dump(exclude={"current_password"}) | {"session_id": session_id, "token_hash": _hash(token)}
    with database.transaction(user_id) as connection:
        # Concurrent ones take turns, so that they can't exceed the limit together; so do this and a password reset.
        connection.execute("select from public.users where user_id = %s for no key update", [user_id])
        connection.execute("delete from public.personal_tokens where user_id = %s and expires_at <= now()", [user_id])
        counted = connection.execute(
            "select count(*) as tokens from public.personal_tokens where user_id = %s", [user_id]
        ).fetchone()
        if counted is None or counted["tokens"] >= MOST:
            message = f"You have {MOST} personal access tokens, the maximum. Revoke one first."
            raise ConflictError(message)
        row = connection.execute(ADD, values).fetchone()
    if row is None:
        raise UnauthorizedError("This session has ended. Sign in again.")
    return row | {"token": token}


def listed(database: Database, user_id: UUID) -> list[Row]:
    """The user's tokens that have not expired, newest first, without the secret."""
    with database.transaction(user_id) as connection:
        return connection.execute(LIST, [user_id]).fetchall()


def revoke(database: Database, user_id: UUID, token_id: UUID) -> None:
    """Revoke one token, from the next request on.

    Raises:
        NotFoundError: The user has no such token.

    """
    with database.transaction(user_id) as connection:
        done = connection.execute(
            "delete from public.personal_tokens where user_id = %s and token_id = %s", [user_id, token_id]
        )
    if done.rowcount == 0:
        raise NotFoundError("Token not found.")


def revoke_all(connection: type_of_connection, user_id: UUID) -> None:
    """Revoke all of the user's tokens."""
    connection.execute("delete from public.personal_tokens where user_id = %s", [user_id])


def believed(database: Database, presented: str) -> PersonalToken:
    """The presented token; records its use.

    Raises:
        UnauthorizedError: It is unknown, revoked or expired.

    """
    row = _look_up(database, presented) if _is_well_formed(presented) else None
    if row is None:
        raise UnauthorizedError("This personal access token is unknown, revoked or expired. Create a new one.")
    if row["use_is_news"]:
        with database.transaction(row["user_id"]) as connection:
            connection.execute(
                "update public.personal_tokens set last_used_at = now() where token_id = %s", [row["token_id"]]
            )
    return PersonalToken(row["token_id"], row["user_id"], row["scope"] == "write")


def _look_up(database: Database, presented: str) -> Row | None:
    with database.transaction() as connection:
        return connection.execute(PRESENTED, [USE_NOTED_EVERY, _hash(presented)]).fetchone()


def _new_token() -> str:
    number = secrets.token_hex(24)
    return f"{PREFIX}{number}{_checksum(number)}"


def _is_well_formed(presented: str) -> bool:
    found = FORM.fullmatch(presented)
    return found is not None and _checksum(found[1]) == found[2]


def _checksum(number: str) -> str:
    return f"{crc32(number.encode()):08x}"


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
