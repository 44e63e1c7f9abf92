"""A request whose body must be complete and match its declared type."""

from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from auth_service.errors import UndeclaredBodyError, UnreadableError

LONGEST_JSON = 256 * 1024  # bytes; files are read separately, and no other body comes close


class StrictRequest(Request):
    """Rejects undeclared or overlong JSON, and a body that is cut off, by the client or by the limit."""

    def get_data(self, *args: Any, **options: Any) -> Any:
        """The whole body; half of one may look complete, above all a CSV file."""
        data = super().get_data(*args, **options)
        if len(data) < (self.content_length or 0):
            raise ClientDisconnected
        if len(data) == self.max_content_length and self.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
        return data

    def get_json(self, *args: Any, **options: Any) -> Any:
        """The body as JSON; no web page elsewhere can make a browser send declared JSON unasked."""
        if not self.is_json:
            raise UndeclaredBodyError("Send the body as JSON with Content-Type: application/json.")
        self.max_content_length = min(self.max_content_length or LONGEST_JSON, LONGEST_JSON)
        return super().get_json(*args, **options)

    def on_json_loading_failure(self, e: ValueError | None) -> NoReturn:
        """Raise UnreadableError with the reason."""
        raise UnreadableError(f"The body is not valid JSON: {e}. Correct it and send it again.")
