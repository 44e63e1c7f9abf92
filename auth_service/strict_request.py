"""A request whose body is taken for what it is declared to be, and whole, or not at all."""

from typing import Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType


class StrictRequest(Request):
    """Refuses JSON that is not declared as such, and a body that breaks off, by itself or at the limit."""

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
            raise UnsupportedMediaType
        return super().get_json(*args, **options)
