"""A request whose body is taken for what it is declared to be, and whole, or not at all."""

from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from auth_service.errors import UndeclaredBodyError, UnreadableError

LONGEST_JSON = 256 * 1024  # bytes; files are read by themselves, and no other body comes near


class StrictRequest(Request):
    """Refuses JSON that is not declared as such or too long, and a body that breaks off, by itself or at the limit."""

    def get_data(self, *args: Any, **options: Any) -> Any:
        """The whole body; half of one may look whole, a CSV file above all."""
        data = super().get_data(*args, **options)
        if len(data) < (self.content_length or 0):
            raise ClientDisconnected
        if len(data) == self.max_content_length and self.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
        return data

    def get_json(self, *args: Any, **options: Any) -> Any:
        """The body's document; what is declared as JSON no web page elsewhere can have a browser send unasked."""
        if not self.is_json:
            raise UndeclaredBodyError("The body must be JSON and say so: Content-Type: application/json.")
        self.max_content_length = min(self.max_content_length or LONGEST_JSON, LONGEST_JSON)
        return super().get_json(*args, **options)

    def on_json_loading_failure(self, e: ValueError | None) -> NoReturn:
        """Refuse it, with an UnreadableError that says what was wrong."""
        raise UnreadableError(f"The body could not be read as JSON: {e}. Correct it and send it again.")
