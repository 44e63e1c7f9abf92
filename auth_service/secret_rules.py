"""Which secrets are none: too short, from an example, or made of one pattern."""

import re
from collections.abc import Callable
from itertools import pairwise

from pydantic import SecretStr

LONG = 24  # characters: of so many made by chance, half may follow each other, but hardly two thirds
FEWEST_DISTINCT = 6  # characters, beside the words of examples; chance alone leaves more of any good secret

# What examples, tutorials and hasty people write; a secret has to be one without these too.
PLACEHOLDERS = re.compile(
    r"change[\W_]*(?:me|this|it)|replace[\W_]*(?:me|this)|(?:your|my|the|a)[\W_]*(?:own)?[\W_]*secret|password|passwort"
    r"|passwd|secret|default|example|placeholder|development|production|testing|insecure|unsafe|please|dummy|sample"
    r"|super|jwt|key|token|django|flask|macrofolio|postgres|admin|local|debug|dev|prod|test|todo|your|qwertz?y?|asdf"
    r"|letmein|welcome|hunter"
)


def secret_of(shortest: int) -> Callable[[SecretStr], SecretStr]:
    """A check that a secret has `shortest` characters and cannot be guessed from a list."""

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if len(text) < shortest:
            raise ValueError(f"is too short: {len(text)} characters, at least {shortest} are needed")
        if is_guessable(text):
            raise ValueError("is a well-known default or one repeated pattern")
        return secret

    return check


def is_guessable(secret: str) -> bool:
    """True for placeholders, also padded ones, for repetitions, and for rows such as abcdef."""
    own = re.sub(r"[\W_]", "", PLACEHOLDERS.sub("", secret.casefold()))
    in_a_row = sum(ord(second) - ord(first) in {0, 1, -1} for first, second in pairwise(own))
    return (
        len(set(own)) < FEWEST_DISTINCT
        or re.fullmatch(r"(.+?)\1+", own, re.DOTALL) is not None
        or in_a_row > len(own) * (0.5 if len(own) < LONG else 0.67)
    )
