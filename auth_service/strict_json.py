"""JSON in and out: out by orjson; in with every number kept as it was written, because amounts are exact."""

import json
from collections import Counter
from typing import Any, NoReturn

import orjson
from flask import Request
from flask.json.provider import JSONProvider

from auth_service.errors import TooLargeError, UnreadableError

LONGEST_DOCUMENT = 256 * 1024  # bytes; files are not JSON, and no other body comes near


class NumberText(str):
    """A JSON number, digit by digit as the client wrote it."""

    __slots__ = ()


class StrictJson(JSONProvider):
    """Takes what any two readers understand alike: UTF-8 without a mark, every key once, whole characters, no NaN.

    orjson alone would read 123456789012345.12345678 as a float and round it; Python's reader can leave numbers as text,
    but is laxer in all the rest.
    """

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """The document, its numbers as NumberText.

        Raises:
            ValueError: It is not JSON, more than 254 levels deep, or null, which would pass for a body left out.
            TooLargeError: It is longer than any request of this API has to be.

        """
        if len(s) > LONGEST_DOCUMENT:
            raise TooLargeError(f"A JSON body has at most {LONGEST_DOCUMENT} bytes; this one has {len(s)}.")
        try:
            document = json.loads(
                s.decode() if isinstance(s, bytes) else s,
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


class StrictRequest(Request):
    """Tells what is wrong with a JSON body."""

    def on_json_loading_failure(self, e: ValueError | None) -> NoReturn:
        raise UnreadableError(f"The body could not be read as JSON: {e}. Correct it and send it again.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        (name, times), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {name!r} stands there {times} times")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
