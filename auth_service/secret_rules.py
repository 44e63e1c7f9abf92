"""Which secrets are none: too short, or made of words and patterns instead of by chance."""

from collections.abc import Callable

from pydantic import SecretStr
from zxcvbn import zxcvbn

LONGEST_JUDGED = 72  # characters, all that zxcvbn takes
# Of the digits that the number of guesses has, for each character: chance alone leaves about one, and seldom fewer than
# 0.9 where there are as many as 32; words in a row leave 0.75 at most.
FEWEST_DIGITS = 0.78


def secret_of(shortest: int) -> Callable[[SecretStr], SecretStr]:
    """A check that a secret has `shortest` characters and was made by chance; it raises ValueError where not."""

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if len(text) < shortest:
            raise ValueError(f"is too short: {len(text)} characters, at least {shortest} are needed")
        if is_guessable(text):
            raise ValueError("is a well-known default, or made of words or patterns instead of by chance")
        return secret

    return check


def is_guessable(secret: str) -> bool:
    """True where zxcvbn finds words, names, dates, rows, repetitions or keyboard runs in much of it."""
    judged = secret[:LONGEST_JUDGED]
    return float(zxcvbn(judged)["guesses_log10"]) < FEWEST_DIGITS * len(judged)
