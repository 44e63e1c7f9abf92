"""Passwords: which are acceptable, and argon2id with a limit on concurrent hashes."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from auth_service.errors import InvalidRequestError, UnavailableError

SHORTEST, LONGEST = 12, 128
LOWEST_SCORE = 4  # of 4: at least 10 billion guesses. 3 would allow password2024!!
# Estimating slows down fast with length, 0.3 s at worst at this one; a good password is good by then.
LONGEST_JUDGED = 24
HASHES_AT_ONCE = 1  # per worker
LONGEST_WAIT = 10  # seconds

# OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
_judging = threading.BoundedSemaphore(1)  # zxcvbn keeps its word lists in a global


def refuse_weak(password: str, email: str) -> None:
    """Reject passwords that are short, very long, or easy to guess.

    zxcvbn estimates the guesses: it knows the 30,000 most used passwords, names, words, keyboard runs, dates,
    repetitions and disguises such as p@ssw0rd. The words in the user's own address count as known, too.

    Raises:
        InvalidRequestError: The password is not acceptable; the message says why.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refusal(f"Use {SHORTEST} to {LONGEST} characters; this password has {len(password)}.")
    words = (email, *re.split(r"[^a-z0-9]+", email), email.partition("@")[0], "macrofolio", "portfolio")
    known = [word[:LONGEST_JUDGED] for word in words]
    with _turn(_judging):
        score = zxcvbn(password[:LONGEST_JUDGED], user_inputs=known)["score"]
    if score < LOWEST_SCORE:
        raise _refusal("This password is easy to guess. Choose a few random words instead.")


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _turn(_hashing):
        return _hasher.hash(password)


def matches(password: str, kept_hash: str | None) -> bool:
    """True if the password matches the hash; without a hash, or an account, it takes as long and is False."""
    with _turn(_hashing):
        try:
            return _hasher.verify(kept_hash or _nobodys_hash(), password) and kept_hash is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the password of an account that does not exist")


@contextmanager
def _turn(slot: threading.BoundedSemaphore) -> Iterator[None]:
    if not slot.acquire(timeout=LONGEST_WAIT):
        raise UnavailableError("Too many people are signing in right now. Try again in a moment.", retry_after=5)
    try:
        yield
    finally:
        slot.release()


def _refusal(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, fields={"password": message})
