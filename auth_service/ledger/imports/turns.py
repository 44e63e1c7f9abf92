"""Limits how many files are read at once: reading one takes many times its size in memory."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from uuid import UUID

from auth_service.errors import UnavailableError

PATIENCE = 10  # seconds
BUSY = "Other files are being read. Nothing was saved; try again in a few seconds."


class Turns:
    """The imports that one process is running.

    Args:
        at_once: Maximum number of files, for all users.
        of_one: Maximum number of files for one user.

    """

    def __init__(self, at_once: int, of_one: int) -> None:
        self._at_once, self._of_one = at_once, of_one
        self._under_way = Counter[UUID]()
        self._changed = Condition()

    @contextmanager
    def turn(self, user_id: UUID) -> Iterator[None]:
        """Read the user's file within the block.

        Raises:
            UnavailableError: Others took too long.

        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free_for(user_id), PATIENCE):
                raise UnavailableError(BUSY, retry_after=5)
            self._under_way[user_id] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[user_id] -= 1
                if not self._under_way[user_id]:
                    del self._under_way[user_id]
                self._changed.notify_all()

    def _is_free_for(self, user_id: UUID) -> bool:
        return self._under_way.total() < self._at_once and self._under_way[user_id] < self._of_one
