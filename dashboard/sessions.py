"""Who is logged in. Tokens live here, in the server's memory; the browser holds nothing but a random id.

In memory on purpose: nothing secret is written to a disk, and a restart costs no more than a new login.
"""

import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import LRUCache

from dashboard.api_client import Document, TokenPair

KEPT_DOCUMENTS = 32  # of one person; each is asked for again by its version, and mostly has not changed


@dataclass
class KeptDocument:
    """A document as it was read last. `lock` lets one of a page's many callbacks fetch it while the others wait."""

    document: Document | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


@dataclass
class Session:
    """One login. `lock` makes the renewal of the tokens single-flight, and guards the documents that were read."""

    session_id: str
    email: str
    tokens: TokenPair
    opened_at: float
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    documents: LRUCache[Hashable, KeptDocument] = field(default_factory=lambda: LRUCache(KEPT_DOCUMENTS), repr=False)


class SessionStore:
    """All logins of this process; each ends at logout, or `max_age` seconds after it began."""

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
            self._sessions[session.session_id] = session
        return session

    def find(self, session_id: str | None) -> Session | None:
        """The live session of that id."""
        with self._lock:
            session = self._sessions.get(session_id or "")
            return session if session and not self._is_expired(session) else None

    def close(self, session_id: str | None) -> Session | None:
        """End a session; what it was, when there was one."""
        with self._lock:
            return self._sessions.pop(session_id or "", None)

    def _is_expired(self, session: Session) -> bool:
        return self._clock() - session.opened_at > self._max_age

    def _forget_expired(self) -> None:
        self._sessions = {key: session for key, session in self._sessions.items() if not self._is_expired(session)}
