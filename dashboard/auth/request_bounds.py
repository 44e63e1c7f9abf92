"""How large a request to the dashboard may be, and which callbacks it may ask for; before anybody reads its body."""

import logging
from http import HTTPStatus

import dash
from dash.exceptions import DependencyException, InvalidResourceError
from flask import Response, g, request

CALLBACK = "/_dash-update-component"
LARGEST_CALLBACK = 16 * 2**20  # bytes: the API accepts files of 8 MiB, and base64 makes them a third larger
LARGEST_FORM = 16 * 2**10

log = logging.getLogger(__name__)


def add_bounds(app: dash.Dash) -> None:
    """Refuse an overlarge body or an unknown callback before it is read or logged."""

    def refuse() -> Response | None:
        is_callback = request.path == CALLBACK
        request.max_content_length = LARGEST_CALLBACK if is_callback and g.session else LARGEST_FORM
        if not is_callback:
            return None
        if request.method != "POST":
            return Response("A callback is sent by POST.", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
        body = request.get_json(silent=True)
        if isinstance(body, dict) and _is_of_a_page(body) and (g.session is None or body["output"] in app.callback_map):
            return None  # a stranger is told by the guard
        log.warning("Refused an unknown callback")
        return Response("This page is out of date. Reload it and try again.", HTTPStatus.BAD_REQUEST)

    app.server.before_request(refuse)
    for failure in (DependencyException, InvalidResourceError):
        app.server.register_error_handler(failure, lambda _: Response("File not found.", HTTPStatus.NOT_FOUND))


def _is_of_a_page(body: dict[str, object]) -> bool:
    """True for what Dash's own script sends, whatever the values."""
    inputs, changed = body.get("inputs"), body.get("changedPropIds")
    return (
        isinstance(body.get("output"), str)
        and isinstance(inputs, list)
        and all(isinstance(part, dict | list) for part in inputs)
        and isinstance(changed, list)
        and all(isinstance(name, str) for name in changed)
    )
