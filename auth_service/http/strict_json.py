"""JSON of requests and answers: exact numbers in, orjson out."""

from typing import Any

import orjson
from flask.json.provider import JSONProvider

from auth_service import exact_json


class StrictJson(JSONProvider):
    """Makes Flask read JSON with `exact_json`."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """The document as JSON in UTF-8; dates, times and UUIDs as text, TypeError for anything JSON can't express."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """As `exact_json.loads`, errors included."""
        return exact_json.loads(s)
