"""Who is logged in. Tokens live here, in the server's memory; the browser holds nothing but a random id.

In memory on purpose: nothing secret is written to a disk, and a restart costs no more than a new login.
"""

import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import LRUCache

from dashboard.api.client import Document, TokenPair

# Bytes of JSON, of which Python makes some four times as many. What makes room is asked for again, whole.
LARGEST_OF_SESSION = 8 * 2**20
LARGEST_OF_ALL = 96 * 2**20
MOST_OF_PERSON = 20  # sessions; with one more the oldest ends
MOST_OF_ALL = 10_000
NOT_READ_YET = 1000  # bytes: what a place for a document takes


@dataclass
class KeptDocument:
    """A document as it was read last. `lock` lets one of a page's many callbacks fetch it while the others wait."""

    document: Document | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def size(self) -> int:
        """Bytes of its JSON."""
        return max(self.document.size if self.document else 0, NOT_READ_YET)


def _documents() -> LRUCache[Hashable, KeptDocument]:
    return LRUCache(LARGEST_OF_SESSION, lambda kept: kept.size)


@dataclass
class Session:
    """One login. `lock` makes the renewal of the tokens single-flight, and guards the documents that were read."""

    session_id: str
    email: str
    tokens: TokenPair
    opened_at: float
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    documents: LRUCache[Hashable, KeptDocument] = field(default_factory=_documents, repr=False)


class SessionStore:
    """All logins of this process, the last used at the end; each ends at logout, or `max_age` seconds after it began.

    What they keep has a bound: with one login too many a person's session that was not used for the longest ends, and
    so the documents of sessions that were not used for the longest make room.
    """

    def __init__(self, max_age: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_age = max_age
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, email: str, tokens: TokenPair) -> Session:
        """Begin a session under an id that nobody has seen before."""
        session = Session(secrets.token_urlsafe(32), email, tokens, self._clock())
        with self._lock:
            self._forget_expired()
            own = [key for key, other in self._sessions.items() if other.email == email]
            for key in own[: max(len(own) + 1 - MOST_OF_PERSON, 0)]:
                del self._sessions[key]
            for key in list(self._sessions)[: max(len(self._sessions) + 1 - MOST_OF_ALL, 0)]:
                del self._sessions[key]
            self._sessions[session.session_id] = session
        return session

    def find(self, session_id: str | None) -> Session | None:
        """The live session of that id."""
        with self._lock:
            session = self._sessions.pop(session_id or "", None)
            if session is None or self._is_expired(session):
                return None
            self._sessions[session.session_id] = session
            return session

    def keep(self, session: Session, key: Hashable, kept: KeptDocument) -> None:
        """Keep a document for a session; older ones go where a limit is reached."""
        with session.lock:
            session.documents.pop(key, None)
            if kept.size <= LARGEST_OF_SESSION:
                session.documents[key] = kept
        with self._lock:
            excess = sum(other.documents.currsize for other in self._sessions.values()) - LARGEST_OF_ALL
            for other in list(self._sessions.values()):
                if excess <= 0 or other is session:
                    break
                excess -= other.documents.currsize
                other.documents = _documents()

    def close(self, session_id: str | None) -> Session | None:
        """End a session; what it was, when there was one."""
        with self._lock:
            return self._sessions.pop(session_id or "", None)

    def _is_expired(self, session: Session) -> bool:
        return self._clock() - session.opened_at > self._max_age

    def _forget_expired(self) -> None:
        self._sessions = {key: session for key, session in self._sessions.items() if not self._is_expired(session)}
