"""Connections to PostgreSQL, and the one place that says for which user a transaction runs."""

import select
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import ClientCursor, Connection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

SCHEMA = "0015"  # the migration that this code needs; a test holds it to the newest one

type_of_connection = Connection[DictRow]


@dataclass(frozen=True)
class Watch:
    """Measures the use of a database: each context is entered for as long as its name says.

    Args:
        asking: A query is in progress, including the wait for a connection.
        waiting: A query waits for a connection.
        using: A connection is in use.

    """

    asking: Callable[[], AbstractContextManager[None]] = nullcontext
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    using: Callable[[], AbstractContextManager[None]] = nullcontext


class Database:
    """A pool that checks a connection before handing it out, so that a restarted server costs no failed request.

    Args:
        conninfo: libpq connection string.
        size: Maximum connections; more threads wait for one.
        watch: What measures its use.

    """

    def __init__(self, conninfo: str, size: int, watch: Watch | None = None) -> None:
        self._watch = watch or Watch()
        self._pool: ConnectionPool[type_of_connection] = ConnectionPool(
            conninfo,
            connection_class=Connection[DictRow],
            kwargs={"row_factory": dict_row, "autocommit": True},  # `transaction` begins and ends its own
            min_size=1,
            max_size=size,
            timeout=4,
            # Give up quickly; the next request starts over. A long back-off would outlast the outage.
            reconnect_timeout=1,
            check=self._check,
            configure=_leave_json_as_it_is,
            open=True,
        )

    @contextmanager
    def transaction(self, user_id: UUID | None = None) -> Iterator[type_of_connection]:
        """One transaction, committed if the block succeeds; it sees the rows of `user_id`, or no user's rows."""
        with self._connection() as connection:
            connection.execute(f"begin; {_user(user_id)}")
            yield connection

    def row(self, query: LiteralString, values: Mapping[str, Any]) -> DictRow | None:
        """The row of one statement in its own transaction, which sees no user's rows."""
        with self._connection() as connection:
            return connection.execute(query, values).fetchone()

    def rows(
        self,
        queries: Iterable[LiteralString],
        values: Mapping[str, Any],
        user_id: UUID,
        *,
        isolation: LiteralString = "read committed",
    ) -> list[DictRow | None]:
        """The first row of each query, all in one transaction and one round trip.

        The transaction sees that user's rows; under "repeatable read" all queries see one snapshot.
        """
        # Statements sent together are one transaction.
        statements = (f"set transaction isolation level {isolation}", _user(user_id), *queries)
        with self._connection() as connection:
            cursor = ClientCursor(connection).execute("; ".join(statements), values)
            return [cursor.fetchone() for _ in cursor.results() if cursor.description]

    @contextmanager
    def _connection(self) -> Iterator[type_of_connection]:
        with ExitStack() as stack:
            stack.enter_context(self._watch.asking())
            with self._watch.waiting():
                connection = stack.enter_context(self._pool.connection())
            stack.enter_context(self._watch.using())
            yield connection

    def schema(self) -> str | None:
        """The last migration applied to the database, None if unknown."""
        try:
            row = self.row("select version_num from public.alembic_version", {})
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            return None
        return str(row["version_num"]) if row else None

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _check(self, connection: type_of_connection) -> None:
        """Check that the server still listens; ask it only if its end of the socket has sent something."""
        if not _has_been_heard_of(connection):
            return
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            # One dead connection means a restarted server: all are dead. The pool alone would wait longer after each
            # dead one, and so give up on a request that meets five.
            self._pool.check()
            raise


def _leave_json_as_it_is(connection: type_of_connection) -> None:
    """Return PostgreSQL's JSON as its bytes, which the API passes on."""
    set_json_loads(lambda document: document, connection)


def _has_been_heard_of(connection: type_of_connection) -> bool:
    """True if something came unasked: a server that ends, however it ends, closes the socket."""
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN)
    return bool(watched.poll(0))


def _user(user_id: UUID | None) -> str:
    # SET LOCAL as a statement, not set_config(): a distributed PostgreSQL propagates only the statement.
    return "" if user_id is None else f"set local app.user_id = '{UUID(str(user_id))}'"
