"""Caches documents with their version: what has not changed is not computed again."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sys import getsizeof
from threading import BoundedSemaphore, Lock
from typing import Any, LiteralString
from uuid import UUID

from cachetools import LRUCache
from flask import current_app
from psycopg.errors import UndefinedFunction, UndefinedTable
from werkzeug.datastructures import ETags

from auth_service.database import Database
from auth_service.errors import UnavailableError
from auth_service.http import metrics, request_log
from auth_service.http.databases import marts

KEY_BYTES = 3000  # a query, its values and a version
# Per process. More at once give a few percent more answers a second, but the last of them waits longer.
BUILT_AT_ONCE = 3
PATIENCE = 4  # seconds, as for a connection


@dataclass(frozen=True)
class Document:
    """JSON as PostgreSQL wrote it; none if the caller already has this version.

    Without a version while the document is about to change.
    """

    json: bytes | None
    version: str | None


class Documents:
    """One process's cache; the least recently used document is dropped first.

    Args:
        size: Bytes for all of them.

    """

    def __init__(self, size: int) -> None:
        self._kept: LRUCache[Hashable, Document] = LRUCache(size, getsizeof=_bytes)
        self._lock = Lock()
        self._turns = BoundedSemaphore(BUILT_AT_ONCE)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Build a document in PostgreSQL within the block, while few others do.

        Raises:
            UnavailableError: The others took too long.

        """
        with request_log.time_of_the_database(), metrics.waiting_for_connection():
            came = self._turns.acquire(timeout=PATIENCE)
        if not came:
            metrics.count_database_failure("busy")
            raise UnavailableError(
                f"The database was busy for {PATIENCE} seconds. Try again in a few seconds.",
                retry_after=2,
            )
        try:
            yield
        finally:
            self._turns.release()

    def get(self, key: Hashable) -> Document | None:
        """The cached document, if there is one."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Hashable, document: Document) -> None:
        """Cache it in place of its earlier version, unless it alone exceeds the cache."""
        with self._lock:
            if _bytes(document) <= self._kept.maxsize:
                self._kept[key] = document


def _bytes(document: Document) -> int:
    """Bytes needed to cache a document, including its key."""
    return getsizeof(document.json) + KEY_BYTES


def document_of_models(
    user_id: UUID, version_query: LiteralString, query: str, values: dict[str, Any], known: ETags
) -> Document | None:
    """The `json` that the query selects for the user, unless its `version` is known; None if it selects nothing.

    It is what the models make, which may be much and waits for its turn; None, too, before they have made it.

    Raises:
        UnavailableError: Its turn did not come.

    """
    question = Question(marts(), user_id, version_query, query, values)
    try:
        if kept := question.answered(known):
            return kept
        with _documents().turn():
            return question.anew()
    except (UndefinedFunction, UndefinedTable):
        return None


@dataclass(frozen=True)
class Question:
    """A request for a user's document, and how to get its version.

    Both queries get `values`, `user_id` and `started`, which identifies this start of the service: another may answer
    differently.

    Args:
        asked: The database that tells both.

    """

    asked: Database
    user_id: UUID
    version_query: LiteralString
    query: str
    values: dict[str, Any]

    def answered(self, known: ETags) -> Document | None:
        """The cached document while it is current; without its JSON if the client has that version."""
        if not (known or _documents().get(self._key)):  # then the version alone would spare nothing
            return None
        [found] = self.asked.rows([self.version_query], self._values_of_both, self.user_id)
        return self.unchanged((found or {}).get("version"), known)

    def unchanged(self, version: str | None, known: ETags) -> Document | None:
        """The same if its version is known already."""
        if version and known.contains_weak(version):
            return Document(None, version)
        kept = _documents().get(self._key)
        return kept if kept and kept.version == version else None

    def anew(self) -> Document | None:
        """Build the document in PostgreSQL, and cache it if it has a version."""
        # In one snapshot of the database: the version belongs to exactly this document.
        queries = [self.version_query, self.query]
        found, row = self.asked.rows(queries, self._values_of_both, self.user_id, isolation="repeatable read")
        if row is None or row["json"] is None:
            return None
        document = Document(row["json"], (found or {}).get("version"))
        if document.version:
            _documents().keep(self._key, document)
        return document

    @property
    def _key(self) -> Hashable:
        return (self.query, self.user_id, *self.values.values())

    @property
    def _values_of_both(self) -> dict[str, Any]:
        return self.values | {"user_id": self.user_id, "started": current_app.extensions["settings"].api_started}


def _documents() -> Documents:
    documents: Documents = current_app.extensions["documents"]
    return documents
