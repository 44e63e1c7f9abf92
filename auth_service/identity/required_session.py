"""A session that is looked up with the first question that its request asks the database anyway."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from flask import g
from psycopg.rows import DictRow

from auth_service.http.databases import database
from auth_service.identity import sessions


@contextmanager
def required(session_id: UUID, user_id: UUID) -> Iterator[None]:
    """Let nothing out of the block, not even a refusal, before the session was found to live; `rows` asks on its way.

    Raises:
        UnauthorizedError: It is over.

    """
    g.required_session = session_id
    try:
        yield
    except psycopg.Error:  # there is nobody to ask, and no answer
        g.pop("required_session", None)
        raise
    finally:
        if "required_session" in g:
            sessions.require_live(database(), g.pop("required_session"), user_id)


def rows(
    user_id: UUID,
    queries: Sequence[LiteralString],
    values: Mapping[str, Any],
    *,
    isolation: LiteralString = "read committed",
) -> list[DictRow | None]:
    """`Database.rows` of the user; a session that is `required` is looked up with the same question.

    Raises:
        UnauthorizedError: That session is over.

    """
    if "required_session" not in g:
        return database().rows(queries, values, user_id, isolation=isolation)
    of_session = {"session_id": g.required_session, "user_id": user_id}
    found, *wanted = database().rows([sessions.LIVE, *queries], {**values, **of_session}, user_id, isolation=isolation)
    del g.required_session
    sessions.refuse_unless_live(found)
    return wanted
