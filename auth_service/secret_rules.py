"""Which secrets are too weak: too short, or made of words and patterns instead of random."""

from collections.abc import Callable

from pydantic import SecretStr
from zxcvbn import zxcvbn

LONGEST_JUDGED = 72  # characters, zxcvbn's limit
# Digits in the number of guesses, per character: random secrets have about one, and with 32 characters seldom fewer
# than 0.9; words in a row have 0.75 at most.
FEWEST_DIGITS = 0.78


def secret_of(shortest: int) -> Callable[[SecretStr], SecretStr]:
    """A check that a secret has `shortest` characters and is random; raises ValueError otherwise."""

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if len(text) < shortest:
            raise ValueError(f"is too short: {len(text)} characters instead of at least {shortest}")
        if is_guessable(text):
            raise ValueError("is a well-known default, or not random enough")
        return secret

    return check


def is_guessable(secret: str) -> bool:
    """True if zxcvbn finds words, names, dates, sequences, repetitions or keyboard runs in much of it."""
    judged = secret[:LONGEST_JUDGED]
    return float(zxcvbn(judged)["guesses_log10"]) < FEWEST_DIGITS * len(judged)
