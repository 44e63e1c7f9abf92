"""Passwords: what is accepted, and argon2id with a bound on how many are hashed at once."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auth_service.errors import InvalidRequestError, UnavailableError

SHORTEST, LONGEST = 12, 128
FEWEST_DISTINCT = 5
FEWEST_OWN = 5
HASHES_AT_ONCE = 1  # in each worker
LONGEST_WAIT = 10  # seconds

# OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(HASHES_AT_ONCE)

# What people reach for: the words and key sequences that the published lists of most used passwords are made of.
_FAMILIAR = re.compile(
    r"""
    password | passwort | motdepasse | contrasena | iloveyou | sunshine | princess | football | baseball | superman
    | batman | starwars | dragon | monkey | shadow | master | michael | jordan | welcome | letmein | administrator
    | admin | changeme | secret | trustno | login | hello | freedom | whatever | computer | internet | macrofolio
    | portfolio | money | qwert[yz](uiop)? | azerty(uiop)?
    | asdf(gh)?(jkl)? | zxcv(bnm)? | 1q2w3e4r(5t)?(6y)?
    | q1w2e3r4 | 1qaz2wsx(3edc)? | qazwsx(edc)? | abcd?e?f?g?h?i?j?k?l?
    | 0?12345?6?7?8?9?0?1?2? | 0?9?8?7?6?54321 | 321 | 123
    | (?P<again>.)(?P=again){2,} | (19|20)[0-9]{2}
    """,
    re.VERBOSE,
)
_DISGUISES = str.maketrans("@$0!", "asoi")


def refuse_weak(password: str, email: str) -> None:
    """Refuse what is short, very long, or what an attacker tries first.

    Raises:
        InvalidRequestError: The password is not accepted; the sentence says why.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refusal(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.")
    folded = password.casefold()
    if len(set(folded)) < FEWEST_DISTINCT or re.fullmatch(r"(.{1,6})\1+", folded, re.DOTALL):
        raise _refusal("This password repeats itself. Choose one with more variety.")
    own = _FAMILIAR.sub("", folded.replace(email.partition("@")[0].casefold(), ""))
    own = _FAMILIAR.sub("", own.translate(_DISGUISES))
    if len(own) < FEWEST_OWN:
        raise _refusal("This password is one of those tried first. Choose a less common one, a few random words do.")


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    with _slot():
        return _hasher.hash(password)


def matches(password: str, kept_hash: str | None) -> bool:
    """True when the password belongs to the hash; without a hash it takes as long and is False."""
    with _slot():
        try:
            return _hasher.verify(kept_hash or _nobodys_hash(), password) and kept_hash is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the password of an account that does not exist")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=LONGEST_WAIT):
        raise UnavailableError("Too many people are signing in right now. Try again in a moment.", retry_after=5)
    try:
        yield
    finally:
        _slots.release()


def _refusal(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, fields={"password": message})
