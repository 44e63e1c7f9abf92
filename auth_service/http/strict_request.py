"""A request whose body must be complete and match its declared type."""

from typing import Any, NoReturn

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from auth_service.errors import UndeclaredBodyError, UnreadableError

LONGEST_JSON = 256 * 1024  # bytes; files are read separately, and no other body comes close


class Parameters(ImmutableMultiDict[str, str]):
    """Parameters of a query or form, of which a repeated one counts with all of its values."""

    def to_dict(self, flat: bool = True) -> dict[str, Any]:
        """The value of each; a list of them where there are several."""
        every = super().to_dict(flat=False)
        return {name: values[0] if len(values) == 1 else values for name, values in every.items()} if flat else every


class StrictRequest(Request):
    """Rejects undeclared or overlong JSON, and a body that is cut off, by the client or by the limit."""

    parameter_storage_class = Parameters

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
