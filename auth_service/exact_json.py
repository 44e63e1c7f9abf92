"""JSON as it is read here: every number kept as it was written, because amounts are exact."""

import json
from collections import Counter
from typing import Any, NoReturn

import orjson

LONGEST_NAME = 80  # of a key, in a sentence about it


class NumberText(str):
    """A JSON number, digit by digit as the client wrote it."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """The document, its numbers as NumberText.

    Takes what any two readers understand alike: UTF-8 without a mark, every key once, whole characters, no NaN. orjson
    alone would read 123456789012345.12345678 as a float and round it; Python's reader can leave numbers as text, but is
    laxer in all the rest.

    Raises:
        ValueError: It is not JSON, more than 254 levels deep, or null, which would pass for a body left out.

    """
    try:
        document = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        orjson.dumps(document)  # which neither half a surrogate pair nor great depth survives
    except (RecursionError, orjson.JSONEncodeError) as failure:
        raise ValueError(f"nested too deeply, or half a surrogate pair ({failure})") from None
    if document is None:
        raise ValueError("it is null")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        (name, times), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {name[:LONGEST_NAME]!r} stands there {times} times")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
