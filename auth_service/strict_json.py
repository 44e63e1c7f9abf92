"""JSON in and out: out by orjson; in with every number kept as it was written, because amounts are exact."""

import json
from typing import Any, NoReturn

import orjson
from flask.json.provider import JSONProvider


class NumberText(str):
    """A JSON number, digit by digit as the client wrote it."""

    __slots__ = ()


class StrictJson(JSONProvider):
    """Refuses NaN, keys that come twice, encodings but UTF-8, halves of surrogate pairs, and deep nesting."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        try:
            document = json.loads(
                s.decode() if isinstance(s, bytes) else s,
                parse_float=NumberText,
                parse_int=NumberText,
                parse_constant=_refuse_constant,
                object_pairs_hook=_distinct,
            )
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return document


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key comes twice")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
