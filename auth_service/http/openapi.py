"""The OpenAPI document: answers that follow from an operation's kind are described here once, for all routes.

An operation that needs a token can answer 401, one with a body 400, 413 and 422, and so on. Answers of single views,
such as a conflict, are described there: `@bp.doc(responses={409: "…"})`. Every error has the one shape.
"""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from inspect import getdoc
from typing import Any

import orjson
from apiflask import APIFlask
from werkzeug.routing import Rule

from auth_service.errors import ApiError
from auth_service.http.error_schema import ErrorOut
from auth_service.http.etag import is_versioned
from auth_service.http.request_log import GIVEN_ID
from auth_service.identity.tokens import refuses_some_tokens

Part = dict[str, Any]

DESCRIPTION = """The only door to a portfolio's ledger and figures.

Register, log in, and send the access token as `Authorization: Bearer …`. Amounts are decimal strings, exact to 8
decimals; figures are JSON numbers, returns among them fractions (0.05 is 5 %). Dates are YYYY-MM-DD, times RFC 3339 in
UTC. An error is always `{"error", "message", "fields"}`: a code for programs, a sentence for people, and what is wrong
with which field."""

HEADERS = {
    "X-Request-Id": {
        "description": "The request's id in the service's log: the one from the request's own header, if it had one.",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{GIVEN_ID.pattern}$"},
    },
    "ETag": {
        "description": "The answer's version; missing while the answer is about to change.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before you retry.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to sign in: with a bearer token.",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer"},
    },
}
HEADERS_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: ["WWW-Authenticate"],
    HTTPStatus.TOO_MANY_REQUESTS: ["Retry-After"],
    HTTPStatus.SERVICE_UNAVAILABLE: ["Retry-After"],
    HTTPStatus.NOT_MODIFIED: ["ETag"],
}
IF_NONE_MATCH: Part = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer the client already has.",
    "schema": {"type": "string"},
}
KINDS_OF_REFUSAL = {kind.status: kind for kind in reversed(ApiError.__subclasses__())}

ASKS_FOR_A_TOKEN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE}
REFUSES_SOME_TOKENS = {HTTPStatus.FORBIDDEN}
TAKES_A_BODY = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
TAKES_ONLY_JSON = {HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
TAKES_PARAMETERS = {HTTPStatus.UNPROCESSABLE_ENTITY}
NAMES_ONE_THING = {HTTPStatus.NOT_FOUND}


def complete(from_apiflask: Part | str, app: APIFlask) -> Part:
    """Add to APIFlask's document what follows from each operation's kind."""
    document = _with_plain_names(from_apiflask)
    document["info"]["description"] = DESCRIPTION
    components = document["components"]
    components["schemas"]["Error"] = ErrorOut.model_json_schema()
    components["headers"] = HEADERS
    components["responses"] = {
        kind.code: _refusal(status, (getdoc(kind) or "").partition("\n\n")[0])
        for status, kind in KINDS_OF_REFUSAL.items()
    }
    for operation, rule in operations(document, app):
        view = app.view_functions[rule.endpoint]
        _complete(operation, rule, components["schemas"], errors_by_kind(operation, view))
        if is_versioned(view):
            _add_version(operation)
    return document


def operations(document: Part, app: APIFlask) -> Iterator[tuple[Part, Rule]]:
    """Every operation in the document, with its rule."""
    for rule in app.url_map.iter_rules():
        described = document["paths"].get(path_of(rule), {})
        for method in rule.methods or ():
            if operation := described.get(method.lower()):
                yield operation, rule


def path_of(rule: Rule) -> str:
    """The rule's path in OpenAPI's notation."""
    return re.sub(r"<(?:[^<:>]+:)?([^>]+)>", r"{\1}", rule.rule)


def errors_by_kind(operation: Part, view: Callable[..., Any]) -> set[HTTPStatus]:
    """The errors an operation can answer because of its input and its callers."""
    places = {parameter["in"] for parameter in operation["parameters"] if parameter["name"] != IF_NONE_MATCH["name"]}
    kinds_of_body = list(operation.get("requestBody", {}).get("content", {}))
    return (
        (ASKS_FOR_A_TOKEN if "security" in operation else set())
        | (REFUSES_SOME_TOKENS if refuses_some_tokens(view) else set())
        | (TAKES_A_BODY if kinds_of_body else set())
        | (TAKES_ONLY_JSON if kinds_of_body == ["application/json"] else set())
        | (TAKES_PARAMETERS if places - {"path"} else set())
        | (NAMES_ONE_THING if "path" in places else set())
    )


def _with_plain_names(document: Part | str) -> Part:
    """Name schemas after their models; APIFlask repeats an inner model for every model around it.

    APIFlask's HTTPError is the one shape of an error.
    """
    plain: Part = orjson.loads(
        re.sub(rb"#/components/schemas/(?:\w+\.|HTTP)", b"#/components/schemas/", orjson.dumps(document))
    )
    schemas = plain["components"]["schemas"]
    plain["components"]["schemas"] = {
        name.rpartition(".")[2].removeprefix("HTTP"): schema for name, schema in schemas.items()
    }
    return plain


def _complete(operation: Part, rule: Rule, schemas: Part, errors: set[HTTPStatus]) -> None:
    operation["operationId"] = rule.endpoint.rpartition(".")[2]
    for parameter in operation["parameters"]:
        _complete_parameter(parameter, rule)
    if body := operation.get("requestBody"):
        body["required"] = True
        for media_type in body["content"].values():
            _add_example(media_type, schemas)
    responses: Part = {
        str(status.value): {"$ref": f"#/components/responses/{KINDS_OF_REFUSAL[status].code}"} for status in errors
    }
    for status, response in operation["responses"].items():
        responses[status] = response | {"headers": response.get("headers", {}) | _headers(HTTPStatus(int(status)))}
    operation["responses"] = dict(sorted(responses.items()))


def _add_version(operation: Part) -> None:
    """Describe the header and answers of an operation with a version."""
    operation["parameters"].append(IF_NONE_MATCH)
    unchanged = HTTPStatus.NOT_MODIFIED
    told: Part = {"description": "The client has this version.", "headers": _headers(unchanged)}
    operation["responses"]["200"]["headers"] |= {"ETag": told["headers"]["ETag"]}
    operation["responses"] = dict(sorted((operation["responses"] | {str(unchanged.value): told}).items()))


def _complete_parameter(parameter: Part, rule: Rule) -> None:
    """A parameter is omitted rather than null; its description stands next to its schema, where readers look for it."""
    schema = parameter["schema"]
    if parameter["in"] == "header":
        parameter["name"] = parameter["name"].title()
    if f"<uuid:{parameter['name']}>" in rule.rule:
        schema["format"] = "uuid"
    if parameter["in"] == "path":
        parameter["required"] = True
        schema.setdefault("description", f"The {parameter['name'].replace('_', ' ')}.")
    if schema.pop("nullable", False) and "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    if schema.get("default", ...) is None:
        del schema["default"]
    if "description" in schema:
        parameter["description"] = schema.pop("description")


def _add_example(media_type: Part, schemas: Part) -> None:
    """An example of a JSON body, built from its fields' examples."""
    own: Part = media_type["schema"]
    fields: Part = schemas.get(own.get("$ref", "").rpartition("/")[2], own).get("properties", {})
    if fields:
        example = {
            name: field.get("example", field.get("enum", [field.get("default")])[0]) for name, field in fields.items()
        }
        media_type.setdefault("example", example)


def _refusal(status: HTTPStatus, description: str) -> Part:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": description, "content": content, "headers": _headers(status)}


def _headers(status: HTTPStatus) -> Part:
    names = ["X-Request-Id", *HEADERS_OF_STATUS.get(status, [])]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
