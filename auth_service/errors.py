"""Everything that can go wrong, each with a status, a code and a sentence; auth_service/http/errors.py answers them."""

from http import HTTPStatus
from typing import Any, Self


class ApiError(Exception):
    """A refusal: the sentence says what happened, with the values, and what to do next."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"

    def __init__(self, message: str, *, fields: dict[str, Any] | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        self.retry_after = retry_after
        self.further: dict[str, Any] = {}  # what else the answer tells

    @classmethod
    def about(cls, field: str, message: str) -> Self:
        """A refusal because of one field; its sentence is also the request's."""
        return cls(message, fields={field: message})


class UnreadableError(ApiError):
    """The body is not readable."""


class InvalidRequestError(ApiError):
    """The request could be read, but cannot be granted; `fields` says what is wrong with which field."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class ImplausiblePriceError(InvalidRequestError):
    """Unlike other refusals, one that the caller may overrule with `confirm`."""

    code = "implausible_price"


class RefusedRowsError(InvalidRequestError):
    """Some rows of a file can't be imported; `rows` reports all of them, `notices` are remarks about the whole file."""

    def __init__(self, message: str, *, fields: dict[str, Any], rows: list[dict[str, Any]], notices: list[str]) -> None:
        super().__init__(message, fields=fields)
        self.further = {"rows": rows, "notices": notices}


class UnauthorizedError(ApiError):
    """No valid token came with the request, or the login is wrong."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class ForbiddenError(ApiError):
    """A personal access token may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class RegistrationClosedError(ForbiddenError):
    """Only the operator creates accounts here."""

    code = "registration_closed"


class NotFoundError(ApiError):
    """It doesn't exist, or belongs to somebody else."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class ConflictError(ApiError):
    """It conflicts with existing data."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class TooLargeError(ApiError):
    """The body is too large."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class UndeclaredBodyError(ApiError):
    """The body is not declared as JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


class TooManyAttemptsError(ApiError):
    """Too many attempts; `Retry-After` says how many seconds to wait."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_attempts"


class UnavailableError(ApiError):
    """A needed service did not answer. Nothing was written, unless the message says so."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
