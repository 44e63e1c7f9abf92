"""The one shape of an error."""

from typing import Any

from auth_service.strict_schemas import Output


class ErrorOut(Output):
    """`error` is a code for programs, `message` a sentence for people, `fields` the problem with each field."""

    error: str
    message: str
    fields: dict[str, Any]
