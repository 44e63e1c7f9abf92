"""JSON in and out: out by orjson; in with every number kept as it was written, because amounts are exact."""

import json
from typing import Any, NoReturn

import orjson
from flask.json.provider import JSONProvider


class NumberText(str):
    """A JSON number, digit by digit as the client wrote it."""

    __slots__ = ()


class StrictJson(JSONProvider):
    """Refuses what is not JSON: NaN, halves of surrogate pairs, documents nested too deeply."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        try:
            document = json.loads(s, parse_float=NumberText, parse_int=NumberText, parse_constant=_refuse_constant)
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
