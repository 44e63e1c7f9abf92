"""Documents as they were told, kept by their version: what has not changed is not computed again."""

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from cachetools import LRUCache


@dataclass(frozen=True)
class Document:
    """JSON as PostgreSQL wrote it; none where the caller knows this version already.

    There is no version while a model has yet to take something in: then the figures are about to change.
    """

    json: str | None
    version: str | None


class Documents:
    """What one process keeps; what was asked for the longest ago makes room.

    Args:
        size: Bytes that all of them take.

    """

    def __init__(self, size: int) -> None:
        self._kept: LRUCache[Hashable, str] = LRUCache(size, getsizeof=len)
        self._lock = Lock()

    def get(self, key: Hashable) -> str | None:
        """The document, where it is kept."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Hashable, document: str) -> None:
        """Keep it, unless it alone is larger than all of them may be."""
        with self._lock:
            if len(document) <= self._kept.maxsize:
                self._kept[key] = document
