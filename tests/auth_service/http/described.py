"""A client that believes the OpenAPI document, and notices every answer that the document does not know."""

from functools import cache
from typing import Any

import schemathesis
from apiflask import APIFlask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.schemas import OpenApiSchema
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from auth_service.http.openapi import path_of


class DescribedClient(FlaskClient):
    """Fails on an answer whose status, content type, headers or body its operation does not have."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        response = super().open(*args, **options)
        application = self.application
        assert isinstance(application, APIFlask)
        asked = response.request
        try:
            rule, _ = application.url_map.bind("").match(asked.path, asked.method, return_rule=True)
            operation = _described(application)[path_of(rule)][asked.method]
        except (HTTPException, LookupError):
            return response  # no route of the API
        known = operation.definition.raw["responses"]
        assert str(response.status_code) in known, f"{operation.label} does not describe {response.status}"
        operation.validate_response(response)
        return response


@cache
def _described(app: APIFlask) -> OpenApiSchema:
    document = app.spec
    assert isinstance(document, dict)
    return schemathesis.openapi.from_dict(document)
