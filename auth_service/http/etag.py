"""Versioned documents over HTTP: a client that already has the version gets no body."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response

from auth_service.figures.answer_cache import Document


def versioned(view: Callable[..., Document]) -> Callable[..., Response]:
    """Answer with the view's document and its version as ETag; without a body if the client has this version."""

    @wraps(view)
    def answered(*args: Any, **values: Any) -> Response:
        document = view(*args, **values)
        if document.json is None:
            response = Response(status=HTTPStatus.NOT_MODIFIED)
        else:
            response = Response(document.json, mimetype="application/json")
        if document.version:
            response.set_etag(document.version)
        return response

    vars(answered)["is_versioned"] = True
    return answered


def is_versioned(view: Callable[..., Any]) -> bool:
    """Whether the view's answers carry a version."""
    return bool(getattr(view, "is_versioned", False))
