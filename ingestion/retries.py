"""How long and how often to ask a provider: bounded retries, the pauses it asks for, and a deadline."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ingestion.errors import FetchOutcome, IngestionError, NotAskedError, ProviderDownError, ProviderUnavailableError

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """How often to ask one question, within how many seconds in total, and how the pauses between grow."""

    attempts: int
    seconds: float
    first_pause: float = 1.0
    longest_pause: float = 60.0


# Either a person waits for the answer, or a schedule does.
SOMEBODY_WAITS = Patience(attempts=2, seconds=10)
SCHEDULED = Patience(attempts=4, seconds=300)

_patience: ContextVar[Patience] = ContextVar("patience", default=SOMEBODY_WAITS)
_ends_at: ContextVar[float] = ContextVar("ends_at", default=float("inf"))


@contextmanager
def patience(chosen: Patience) -> Iterator[None]:
    """Everything asked in this block shares one deadline."""
    before = _patience.set(chosen), _ends_at.set(time.monotonic() + chosen.seconds)
    try:
        yield
    finally:
        _patience.reset(before[0])
        _ends_at.reset(before[1])


def seconds_left(at_most: float) -> float:
    """Seconds that one request may take.

    Raises:
        ProviderDownError: No time is left.

    """
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise ProviderDownError("The provider did not answer in time. Try again later.")
    return min(left, at_most)


def patiently(ask: Callable[[], Answer], before_another: Callable[[], None]) -> Answer:
    """The result of `ask`, retried while its error may pass; waits at least as long as the provider says.

    Does not start a wait that would end after the deadline: the error says when to come back.
    """
    chosen = _patience.get()
    backoff = wait_random_exponential(multiplier=chosen.first_pause, max=chosen.longest_pause)

    def pause(state: RetryCallState) -> float:
        return max(backoff(state), getattr(_error(state), "retry_after", None) or 0)

    def time_is_up(state: RetryCallState) -> bool:
        return time.monotonic() + state.upcoming_sleep >= _ends_at.get()

    def announce(state: RetryCallState) -> None:
        logger.warning("Asking again in %.1f s: %s", state.upcoming_sleep, _error(state))
        before_another()

    asking = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, IngestionError) and error.may_pass),
        stop=lambda state: stop_after_attempt(chosen.attempts)(state) or time_is_up(state),
        wait=pause,
        before_sleep=announce,
        reraise=True,
    )
    return asking(ask)


class OutageWatch:
    """Stops a run over many subjects when the provider failed for several in a row, or time is up."""

    def __init__(self, failures: int, seconds: float) -> None:
        self._allowed = failures
        self._ends_at = time.monotonic() + seconds
        self._in_a_row = 0
        self._lock = Lock()

    def check(self) -> None:
        """Raise NotAskedError when the run should stop asking."""
        if self._in_a_row >= self._allowed:
            raise NotAskedError(f"Skipped: the provider failed for {self._in_a_row} subjects in a row.")
        if time.monotonic() > self._ends_at:
            raise NotAskedError("Skipped: this run ran out of time. The next run continues.")

    def note(self, error: IngestionError | None) -> None:
        """Count one subject's outcome."""
        down = isinstance(error, ProviderUnavailableError) and error.outcome not in (
            FetchOutcome.MALFORMED_FILE,
            FetchOutcome.BUSY,
        )
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if down else 0


def _error(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
