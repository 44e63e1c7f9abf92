"""Login sessions. Tokens stay in the server's memory; the browser holds only a random id.

In memory on purpose: no secret is written to disk, and a restart costs just a new login.
"""

import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import LRUCache

from dashboard.api.client import Document, TokenPair

# Bytes of JSON; Python needs about four times as many. Evicted documents are fetched again in full.
LARGEST_OF_SESSION = 8 * 2**20
LARGEST_OF_ALL = 96 * 2**20
MOST_OF_PERSON = 20  # sessions; one more ends the oldest
MOST_OF_ALL = 10_000
NOT_READ_YET = 1000  # bytes: the cost of an entry without a document


@dataclass
class KeptDocument:
    """A document as last read. `lock` lets one of a page's many callbacks fetch it while the others wait."""

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
    """One login. `lock` guards the documents and ensures that tokens are renewed only once."""

    session_id: str
    email: str
    tokens: TokenPair
    opened_at: float
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    documents: LRUCache[Hashable, KeptDocument] = field(default_factory=_documents, repr=False)


class SessionStore:
    """All logins of this process, last used at the end; each ends at logout, or `max_age` seconds after it began.

    It is bounded: one login too many ends the person's least recently used session, and the documents of the least
    recently used sessions are dropped first.
    """

    def __init__(self, max_age: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_age = max_age
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, email: str, tokens: TokenPair) -> Session:
        """Start a session under a new random id."""
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
        """The live session with that id."""
        with self._lock:
            session = self._sessions.pop(session_id or "", None)
            if session is None or self._is_expired(session):
                return None
            self._sessions[session.session_id] = session
            return session

    def keep(self, session: Session, key: Hashable, kept: KeptDocument) -> None:
        """Cache a document for a session; older ones go when a limit is reached."""
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
        """End a session and return it, if there was one."""
        with self._lock:
            return self._sessions.pop(session_id or "", None)

    def _is_expired(self, session: Session) -> bool:
        return self._clock() - session.opened_at > self._max_age

    def _forget_expired(self) -> None:
        self._sessions = {key: session for key, session in self._sessions.items() if not self._is_expired(session)}
