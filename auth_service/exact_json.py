"""Reads JSON with every number as its text, because amounts are exact."""

import json
from collections import Counter
from typing import Any, NoReturn

import orjson

LONGEST_NAME = 80  # characters of a key quoted in a sentence


class NumberText(str):
    """A JSON number, digit for digit as the client wrote it."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """The document, with numbers as NumberText.

    Accepts only what every reader understands alike: UTF-8 without a BOM, unique keys, whole characters, no NaN. orjson
    alone would read 123456789012345.12345678 as a float and round it; Python's reader can keep numbers as text, but is
    laxer in everything else.

    Raises:
        ValueError: It is not JSON, deeper than 254 levels, or null, which would look like a missing body.

    """
    try:
        document = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        orjson.dumps(document)  # fails on half a surrogate pair and on great depth
    except (RecursionError, orjson.JSONEncodeError) as failure:
        raise ValueError(f"nested too deeply, or half a surrogate pair ({failure})") from None
    if document is None:
        raise ValueError("it is null")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        (name, times), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {name[:LONGEST_NAME]!r} appears {times} times")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
